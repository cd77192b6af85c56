"""The conflict oracle: do two neighbouring tool calls commute, and does pexec see it in the code?

Tool packages are executed in both orders from the same state, which says what is true; pexec reads
the same packages, with no declaration but one network hop, and says what it would run together.
Nothing here knows how the analyzer works. ``python -m benchmarks.oracle`` prints the report.
"""
