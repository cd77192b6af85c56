"""The one-page report as Markdown, for a pull request or a wiki."""

from __future__ import annotations

from ..findings import milliseconds
from .page import Page, factor, latency_words, rows_of
from .projection_text import COSTS, HEADERS, ROWS, bound, cells


def render(page: Page) -> str:
    """The same page as the text report."""
    lines = ["# pexec report", ""]
    if page.files:
        rows, left = rows_of(page, ROWS)
        lines += [_row(("where", *HEADERS[1:])), "|---|" + "---:|" * (len(HEADERS) - 1)]
        lines += [_row(cells(f"`{label.strip()}`", times)) for label, times in rows]
        if left:
            lines.append(_row((f"… and {left} more rows", *[""] * 6)))
        lines.append(_row(tuple(f"**{cell}**" for cell in cells("total", page.times))))
        times = page.times
        saved = milliseconds(times.sequential_ms - times.projected_ms)
        lines += [
            "",
            f"`pexec-fix` would save about {saved} ({factor(times.speedup)}); {bound(times)}.",
        ]
        if page.more_unsafe:
            lines[-1] += f" {page.more_unsafe} more with `--unsafe-fixes`."
    if page.reasons:
        lines += ["", "## What keeps the other calls in their order", ""]
        for reason in page.reasons:
            names = f": {', '.join(f'`{n}`' for n in reason.names)}" if reason.names else ""
            lines.append(f"- {reason.count} {reason.words}{names}")
    if page.costs:
        lines += ["", "## Calls that nobody declared", ""]
        lines += [_row(("call", "first met at", "holds back")), "|---|---|---|"]
        for item in page.costs[:COSTS]:
            place = f"`{item.place}`"
            lines.append(_row((f"`{item.name}`", place, item.cost)))
        if len(page.costs) > COSTS:
            lines.append(_row((f"… and {len(page.costs) - COSTS} more", "", "")))
        lines += ["", "If they only read, these declarations unlock that:", "", "```toml"]
        lines += ["\n\n".join(item.declaration for item in page.costs[:COSTS]), "```"]
    if page.files:
        lines += ["", f"Times are projected, not measured ({latency_words(page)})."]
    return "\n".join([*lines, "", page.summary])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
