"""What the one-page report says, before it is text, Markdown or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..engine import Analyzed, Result
from ..projection import FileProjection, Times, total
from ..spans import line_text
from .reasons import Reason, reasons_of
from .summary import Undeclared, plural, ranked, summary_line, totals_of


@dataclass(frozen=True, slots=True)
class Page:
    """The report: files by what they gain, the sum, what blocks the rest, what unknown calls cost,
    where times come from."""

    files: tuple[FileProjection, ...]
    times: Times
    reasons: tuple[Reason, ...]
    costs: tuple[Undeclared, ...]
    latencies: tuple[tuple[str, int], ...]
    more_unsafe: int
    summary: str


def page_of(
    files: Sequence[FileProjection],
    results: Sequence[Result],
    missing: int,
    in_pyproject: bool = True,
) -> Page:
    """Projections and results of the same run → the page."""
    analyzed = [r for r in results if isinstance(r, Analyzed)]
    latencies: Counter[str] = Counter()
    for file in files:
        latencies.update(file.latencies)
    ordered = sorted(files, key=lambda f: f.times.projected_ms - f.times.sequential_ms)
    totals = totals_of(results, missing)
    return Page(
        tuple(f for f in ordered if f.functions),
        total(f for file in files for f in file.functions),
        reasons_of(analyzed),
        tuple(ranked(((r.filename, u) for r in analyzed for u in r.unlocks), in_pyproject)),
        tuple(latencies.most_common()),
        totals.more_unsafe,
        summary_line(totals),
    )


def rows_of(page: Page, limit: int) -> tuple[list[tuple[str, Times]], int]:
    """(label, times) of files and their functions with two calls or more, and how many are left.

    A file with one such function is one row.
    """
    rows: list[tuple[str, Times]] = []
    for file in page.files:
        functions = [f for f in file.functions if f.times.calls > 1]
        if not functions:
            continue
        if len(functions) == 1 and len(file.functions) == 1:
            only = functions[0]
            rows.append((f"{file.filename}: {only.name}", only.times))
            continue
        rows.append((file.filename, file.times))
        rows += [(f"  {f.name}:{line_text(f.cell, f.line)}", f.times) for f in functions]
    return rows[:limit], max(0, len(rows) - limit)


def latency_words(page: Page) -> str:
    """Where the times come from, defaults said to be defaults."""
    words = [f"{plural(n, 'call')}: {source}" for source, n in page.latencies]
    return "; ".join(words) if words else "no awaited calls"


def factor(value: float) -> str:
    return f"{value:.1f}x"
