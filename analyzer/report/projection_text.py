"""The one-page report as text."""

from __future__ import annotations

from ..findings import milliseconds
from ..projection import Times
from .page import Page, factor, latency_words, rows_of
from .paint import Paint
from .reasons import reason_lines
from .text import undeclared_text

HEADERS = ("", "calls", "batches", "now", "projected", "at best", "speedup")
ROWS = 30  # one page
COSTS = 10
_WIDEST = 60


def cells(label: str, times: Times) -> tuple[str, ...]:
    return (
        label,
        str(times.calls),
        str(times.batches),
        milliseconds(times.sequential_ms),
        milliseconds(times.projected_ms),
        milliseconds(times.critical_ms),
        factor(times.speedup),
    )


def bound(times: Times) -> str:
    """What the critical path says, which rests on what is known of the calls."""
    if times.critical_ms >= times.projected_ms:
        return "by what is known of the calls, no schedule is faster"
    return (
        "by what is known of the calls, the fastest schedule would take "
        f"{milliseconds(times.critical_ms)} ({factor(times.best_speedup)})"
    )


def render(page: Page, paint: Paint) -> str:
    """The table, what holds the rest back, where the times come from, the summary."""
    if not page.files:
        return page.summary
    rows, left = rows_of(page, ROWS)
    table = [HEADERS, *(cells(_short(label), times) for label, times in rows)]
    if left:
        table.append((f"… and {left} more rows", *[""] * 6))
    table.append(cells("total", page.times))
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADERS))]
    lines = [_line(row, widths) for row in table]
    lines[0], lines[-1] = paint.dim(lines[0]), paint.place(lines[-1])
    lines += ["", *_verdict(page, paint)]
    if page.reasons:
        lines += ["", *reason_lines(page.reasons)]
    if page.costs:
        lines += ["", undeclared_text(page.costs, paint, most=COSTS, rest="")]
    lines += ["", f"Times are projected, not measured ({latency_words(page)}).", "", page.summary]
    return "\n".join(lines)


def _verdict(page: Page, paint: Paint) -> list[str]:
    times = page.times
    saved = times.sequential_ms - times.projected_ms
    if saved > 0:
        words = f"`pexec-fix` would save about {milliseconds(saved)} ({factor(times.speedup)}); "
    else:
        words = "`pexec-fix` would change nothing; "
    words += bound(times)
    if page.more_unsafe:
        words += f" ({page.more_unsafe} more with --unsafe-fixes)"
    return [paint.good(words) if saved > 0 else words]


def _short(label: str) -> str:
    return label if len(label) <= _WIDEST else f"…{label[-_WIDEST + 1 :]}"


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([row[0].ljust(widths[0]), *numbers]).rstrip()
