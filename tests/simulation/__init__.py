"""A simulated world to run an original program and its rewrite in, and to compare what they do.

``loop`` is an event loop with virtual time; ``world`` and ``tools`` are the state and the fake
tools; ``declarations`` is what a user would declare about them; ``schedule`` says how long calls
take and which fail; ``programs`` generates programs, ``corpus`` holds hand-written ones;
``outcome`` runs a program, ``differential`` compares two runs, ``search`` looks for a difference.
Nothing in here imports the analyzer: what a tool touches is written down by hand.
"""
