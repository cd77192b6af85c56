"""What each rule does, in words and examples: one module per code, from which its page is made.

A module ``pxNNN.py`` has a docstring (a sentence that says what is found, then sections in
Markdown), ``FIX`` (how far its fixes may be trusted) and ``EXAMPLES``. ``page.py`` puts them
together for ``--explain``, SARIF and ``docs/rules/``; the tests run the examples.
"""
