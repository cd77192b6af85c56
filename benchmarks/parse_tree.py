"""Reads and parses the same files as pexec does, with `ast`: what a linter cannot do without.

    python benchmarks/parse_tree.py FOLDER

Prints the numbers of files and of those that `ast` cannot parse, as JSON.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from pathlib import Path


def main(folder: str) -> None:
    files = unparsed = 0
    warnings.simplefilter("ignore")  # invalid escapes and the like are the package's own
    for path in sorted(Path(folder).rglob("*.py")):
        files += 1
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            unparsed += 1
    print(json.dumps({"files": files, "unparsed": unparsed}))


if __name__ == "__main__":
    main(sys.argv[1])
