"""Bars of a timeline → where they are drawn. Places across are percentages, so that a chart fills
the width it gets and its words keep their size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..findings import milliseconds
from ..timeline import Bar, rows
from ..work_trees import TimedCall
from .html_text import bare, isolated, said, tail

#: More bars than that have no words of their own and share rows; of still more there is no chart.
NAMED, DRAWN = 40, 400
ROW, THIN, AXIS = 24, 10, 22
#: A letter takes about so many pixels, a chart is never narrower than so many.
_LETTER, _NARROWEST = 7.0, 640
_INSIDE = 0.5  # bars that take half of the chart have their words in them


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside or in a bar; ``x`` in percent, ``dx`` in pixels, ``anchor`` as in SVG."""

    text: Markup
    x: str
    dx: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar; ``words``: all that is known of it, for hovering and screen readers."""

    x: str
    width: str
    y: int
    height: int
    kind: str
    words: Markup
    label: Label | None


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    anchor: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One timeline; ``height`` in pixels."""

    height: int
    bars: tuple[Drawn, ...]
    ticks: tuple[Tick, ...]


def scale_of(*timelines: Sequence[Bar]) -> float:
    """How many milliseconds the width of charts stands for that share one scale."""
    return max((bar.end for bars in timelines for bar in bars), default=0.0)


def chart(
    bars: Sequence[Bar], sites: Sequence[TimedCall], taken: Sequence[float], scale: float
) -> Chart | None:
    """The chart; None if there is nothing to draw, or far too much. ``taken``: by each call."""
    if not bars or scale <= 0 or len(bars) > DRAWN:
        return None
    named = len(bars) <= NAMED
    row, deep = (ROW, 14) if named else (THIN, 7)
    count = len(bars) if named else rows(bars)
    drawn = tuple(
        Drawn(
            percent(bar.start / scale),
            percent(max((bar.end - bar.start) / scale, 0.002)),
            AXIS + (i if named else bar.row) * row + (row - deep) // 2,
            deep,
            "part" if bar.turns != 1 or bar.share < 1 else "whole",
            words(bar, sites[bar.site], taken[bar.site]),
            _label(bar, sites[bar.site], scale) if named else None,
        )
        for i, bar in enumerate(bars)
    )
    return Chart(AXIS + count * row + 4, drawn, ticks(scale))


def words(bar: Bar, site: TimedCall, once: float) -> Markup:
    """Name, line, duration, where that is from, when it starts, and what the bar does not show."""
    taken = milliseconds(bar.end - bar.start)
    note = f" ({bar.note}; one call takes {milliseconds(once)})" if bar.note else ""
    return said(
        "{}. {}, line {}: {}{}, from {} to {}; {}",
        bar.site + 1, isolated(site.name), site.span.line, taken, note,
        milliseconds(bar.start), milliseconds(bar.end), bare(site.latency.source),
    )  # fmt: skip


def _label(bar: Bar, site: TimedCall, scale: float) -> Label:
    """In the bar if it is long, else on the side with more room, cut to what fits at any width."""
    start, end = bar.start / scale, bar.end / scale
    if end - start >= _INSIDE:
        room, x, dx, anchor = end - start, start, 6, "start"
    elif 1 - end >= start:
        room, x, dx, anchor = 1 - end, end, 6, "start"
    else:
        room, x, dx, anchor = start, start, -6, "end"
    more = f" {milliseconds(bar.end - bar.start)}" + (f", {bar.note}" if bar.note else "")
    number = f"{bar.site + 1} "
    letters = int((room * _NARROWEST - 8) / _LETTER) - len(number) - len(more)
    name = isolated(tail(site.name, max(8, letters)))
    return Label(said("{}{}{}", number, name, more), percent(x), dx, anchor)


def ticks(scale: float) -> tuple[Tick, ...]:
    """Marks at round times: four to eight of them."""
    step = 10 ** math.floor(math.log10(scale))
    step *= next((k for k in (0.1, 0.2, 0.5, 1) if scale / (step * k) <= 8), 2)
    found: list[Tick] = []
    for i in range(int(scale / step + 1e-9) + 1):
        share = i * step / scale
        anchor = "start" if i == 0 else "end" if share > 0.95 else "middle"
        found.append(Tick(percent(share), anchor, _round(i * step, scale)))
    return tuple(found)


def _round(ms: float, scale: float) -> str:
    return f"{ms / 1000:g} s" if scale >= 1000 else f"{ms:g} ms"


def percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"
