"""How the time of `pexec-fix --diff` grows with the length of one function.

Prints, for functions of growing length, the time of analysis, rewrite and validation as a ratio to
LibCST's own parse and position pass over the same text in the same run, and the growth from one
length to the next. Run: python benchmarks/scaling.py
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from pexec.codemods import parallelize

TOOLS = [{"match": "get", "reads": ["r:{0}"], "returns": "fresh"}]
LENGTHS = (500, 1000, 2000, 4000)


def program(statements: int) -> str:
    """A function in which reads, prints and dependent reads alternate."""
    lines = ["import asyncio", "", "", "async def work(c):"]
    for i in range(statements // 2):
        argument = f"a{i - 1}" if i % 7 == 3 else "3"
        lines += [f"    a{i} = await get('u{i}', x=[1, 2, {argument}])", f"    print(a{i})"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Row:
    """One length: pexec's time, the parse alone, and pexec's growth from the last length."""

    statements: int
    seconds: float
    parse: float
    growth: float | None


def rows() -> Iterator[Row]:
    """Measure every length."""
    last = 0.0
    for length in LENGTHS:
        source = program(length)
        start = time.perf_counter()
        MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True).resolve(PositionProvider)
        parse = time.perf_counter() - start
        start = time.perf_counter()
        result = parallelize(source, tools=TOOLS)
        took = time.perf_counter() - start
        assert result.changed, result.error
        yield Row(length, took, parse, took / last if last else None)
        last = took


def main() -> None:
    print(f"{'statements':>10} {'pexec':>8} {'parse':>8} {'ratio':>6} {'growth':>7}")
    for row in rows():
        ratio, growth = row.seconds / row.parse, f"{row.growth:.2f}x" if row.growth else ""
        times = f"{row.seconds:>7.2f}s {row.parse:>7.2f}s"
        print(f"{row.statements:>10} {times} {ratio:>5.1f}x {growth:>7}")


if __name__ == "__main__":
    main()
