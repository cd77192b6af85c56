"""The report as text for a terminal: tables, bars of now and then, the other parts in short."""

from __future__ import annotations

import io
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..findings import milliseconds
from ..projection import Times
from .clean import no_commands, visible
from .page import Opportunity, Page, compared, factor, latency_words, percent, rows_of
from .paint import Paint
from .reasons import reason_lines
from .rollout import rollout
from .summary import plural
from .text import undeclared_text

if TYPE_CHECKING:
    from rich.table import Table

HEADERS = ("", "calls", "batches", "now", "projected", "at best", "speedup")
ROWS = 30  # one page
COSTS = 10
TOP = 10
_WIDEST = 44
_BAR = 20
_WIDTH = 100  # where the output is no terminal


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


def render(page: Page, paint: Paint, width: int = 0) -> str:
    """What waits now, what would run together, what that gives, how sure it is, what is left.

    ``width``: columns; 0: those of the terminal, 100 where there is none.
    """
    if not page.files:
        return page.summary
    width = width or (shutil.get_terminal_size((_WIDTH, 0)).columns if paint.color else _WIDTH)
    parts = [_drawn(_waits(page), width, paint), "\n".join(_verdict(page, paint))]
    if page.opportunities:
        parts.append(_drawn(_plan(page), width, paint))
        parts.append(_drawn(_comparison(page), width, paint))
    parts.append(_validation(page))
    if page.reasons:
        parts.append("\n".join(map(visible, reason_lines(page.reasons))))
    if page.costs:
        costs = [replace(c, name=visible(c.name), filename=visible(c.filename)) for c in page.costs]
        parts.append(undeclared_text(costs, paint, most=COSTS, rest=""))
    steps = rollout(page)
    if steps:
        parts.append("\n".join(["Rolling it out:", *_listed(map(visible, steps), width)]))
    parts.append("\n".join(map(visible, _sources(page))))
    return no_commands("\n\n".join([*parts, page.summary]))


# -- tables ------------------------------------------------------------------------------------


def _table(headers: Sequence[str], left: int = 1) -> Table:
    """A table of which the first ``left`` columns are words, and the others numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for i, header in enumerate(headers):
        table.add_column(
            header,
            justify="left" if i < left else "right",
            no_wrap=True,
            overflow="ellipsis",
        )
    return table


def _drawn(table: Table, width: int, paint: Paint) -> str:
    """A table as lines of text."""
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=paint.color, markup=False, emoji=False,
        highlight=False, color_system="standard" if paint.color else None,
        no_color=not paint.color, legacy_windows=False,
    )  # fmt: skip
    console.print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def _waits(page: Page) -> Table:
    from rich.text import Text

    rows, left = rows_of(page, ROWS)
    table = _table((*HEADERS, "projected of now"))
    for label, times in rows:
        name, *numbers = cells(_short(label), times)
        table.add_row(Text(name), *numbers, _bar(times))
    if left:
        table.add_row(f"… and {left} more rows")
    table.add_row(*cells("total", page.times), _bar(page.times), style="bold")
    return table


def _bar(times: Times) -> str:
    """The share of the time now that is left: full blocks, and light ones for what is saved."""
    if times.sequential_ms <= 0:
        return ""
    full = round(_BAR * times.projected_ms / times.sequential_ms)
    return "█" * full + "░" * (_BAR - full)


def _plan(page: Page) -> Table:
    from rich.text import Text

    table = _table(("what would run together", "calls", "now", "together", "busy"))
    for item in page.opportunities[:TOP]:
        table.add_row(Text(_short(_what(item))), _calls(item),
                      milliseconds(item.group.sequential_ms),
                      milliseconds(item.group.projected_ms),
                      percent(item.group.efficiency))  # fmt: skip
    left = len(page.opportunities) - TOP
    if left > 0:
        table.add_row(f"… and {left} more")
    return table


def _what(item: Opportunity) -> str:
    return f"{visible(item.place)} {item.finding.code} {visible(item.function.name)}"


def _calls(item: Opportunity) -> str:
    if item.finding.turns:
        return f"{item.group.width} at once"
    return str(len(item.finding.calls))


def _comparison(page: Page) -> Table:
    table = _table(("", "now", "projected"))
    for row in compared(page):
        table.add_row(row.what, row.before, row.after)
    return table


# -- words -------------------------------------------------------------------------------------


def _verdict(page: Page, paint: Paint) -> list[str]:
    times = page.times
    saved = times.saved_ms
    if saved > 0:
        words = f"`pexec-fix` would save about {milliseconds(saved)} ({factor(times.speedup)}); "
    else:
        words = "`pexec-fix` would change nothing; "
    words += bound(times)
    if page.more_unsafe:
        words += f" ({page.more_unsafe} more with --unsafe-fixes)"
    return [paint.good(words) if saved > 0 else words]


def _validation(page: Page) -> str:
    found = page.validation
    refused = f", {found.refused} refused by the validator" if found.refused else ""
    return (
        f"Level {found.level}: {plural(found.validated, 'rewrite')} validated{refused}; "
        f"{found.conflicts} pairs of calls reordered against a dependence."
    )


def _sources(page: Page) -> list[str]:
    lines = [f"Times are projected, not measured ({latency_words(page)})."]
    sure = f"Confidence: {page.confidence}, as the weakest latency."
    if page.assumed:
        sure += f" Assumed: {'; '.join(page.assumed)}."
    if page.coverage is not None:
        c = page.coverage
        sure += f" Traces: {c.matched} of {plural(c.timed, 'timed call')} used."
    return [*lines, sure]


def _listed(items: Iterable[str], width: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        lines += textwrap.wrap(
            item, width, initial_indent="  ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


def _short(label: str) -> str:
    label = visible(label)
    return label if len(label) <= _WIDEST else f"…{label[-_WIDEST + 1 :]}"
