"""Runs the conflict oracle: ``python -m benchmarks.oracle [--set bfcl|own|all]``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from ..pages import put, table
from .bfcl import packages as bfcl_packages
from .evaluate import Matrix, compare
from .execute import truths
from .fetch import BFCL, MPMATH, default_cache, fetched
from .model import Package, pairs_of
from .own import packages as own_packages
from .report import rows, text

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"


def main(argv: list[str] | None = None) -> int:
    """Prints the report. 1 if a conflict was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oracle", description=__doc__)
    parser.add_argument("--set", choices=("bfcl", "own", "all"), default="all", dest="chosen")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="for downloads")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--variables", action="store_true",
                        help="also with arguments as variables")  # fmt: skip
    parser.add_argument("--dense", action="store_true",
                        help="pair each call with every later one of its scenario")  # fmt: skip
    parser.add_argument("--pairs", action="store_true", help="also one line per pair")
    parser.add_argument("--keep", type=Path, help="a folder for the generated projects")
    parser.add_argument("--write", action="store_true",
                        help="put the table of all sets into docs/evaluation.md")  # fmt: skip
    given = parser.parse_args(argv)
    if given.write and (given.chosen, given.variables, given.dense) != ("all", False, False):
        parser.error("--write goes with all sets, as they are")
    start = time.perf_counter()
    matrices: list[Matrix] = []
    with tempfile.TemporaryDirectory(prefix="pexec-oracle-") as temporary:
        for package in _packages(given.chosen, given.cache, Path(temporary)):
            known = truths(package, given.workers, pairs_of(package, dense=given.dense))
            for variables in (False, True) if given.variables else (False,):
                name = package.name + ("-variables" if variables else "")
                keep = given.keep / name if given.keep else None
                matrices.append(compare(package, known, workers=given.workers,
                                        variables=variables, keep=keep))  # fmt: skip
    print(text(matrices, every=given.pairs), end="")
    if given.write:
        put(PAGE, "oracle", table(*rows(matrices)))
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return int(any(matrix.missed for matrix in matrices))


def _packages(chosen: str, cache: Path, work: Path) -> list[Package]:
    found: list[Package] = []
    if chosen in ("bfcl", "all"):
        found += bfcl_packages(fetched(cache, BFCL), (fetched(cache, MPMATH),), work)
    if chosen in ("own", "all"):
        found += own_packages(work)
    return found


if __name__ == "__main__":
    sys.exit(main())
