"""Trees of waiting calls → bars on a timeline, for average runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .variables import Averages, Site
from .work import Choice, Leaf, Overlap, Paths, Repeat, Seq, Work, begins, evaluate


@dataclass(frozen=True, slots=True)
class Bar:
    """A call site on a timeline, in milliseconds from the start of its function.

    ``turns``: how often it is called there, ``width`` of these at once. ``share``: of the runs in
    which it is called at all; the bar is as long as it takes on average of all runs. ``row``: bars
    of one row do not overlap.
    """

    site: int
    start: float
    end: float
    turns: float = 1.0
    width: int = 1
    share: float = 1.0
    row: int = 0

    @property
    def note(self) -> str:
        """What the bar's length does not show, in words, or ""."""
        words: list[str] = []
        if self.turns != 1:
            words.append(f"{self.turns:.3g} turns")
            if self.width > 1:
                words.append(f"{self.width} at once")
        if self.share < 1:
            words.append(f"in {self.share:.0%} of the runs")
        return ", ".join(words)


def timeline(work: Work, table: Sequence[Site]) -> tuple[Bar, ...]:
    """The bars of a tree in order of their start, each in the first row that is free."""
    bars = sorted(_bars(work, Averages(table), 0.0), key=lambda b: (b.start, b.site))
    free: list[float] = []
    placed: list[Bar] = []
    for bar in bars:
        row = next((i for i, end in enumerate(free) if end <= bar.start + 1e-9), len(free))
        if row == len(free):
            free.append(0.0)
        free[row] = bar.end
        placed.append(replace(bar, row=row))
    return tuple(placed)


def _bars(work: Work, of: Averages, start: float) -> list[Bar]:
    match work:
        case Leaf(site):
            return [Bar(site, start, start + of.duration(site, ())[0])]
        case Seq(parts):
            return _one_by_one(parts, of, start)
        case Paths(works):
            return _one_by_one(works, of, start)
        case Overlap():
            return _overlapping(work, of, start)
        case Repeat(inner, count, _, width):
            total, once = evaluate(work, of)[0], evaluate(inner, of)[0]
            scale = total / once if once > 0 else 0.0
            turns = math.ceil(count)
            wide = min(width or turns, turns)
            return [
                replace(
                    bar,
                    start=start + (bar.start - start) * scale,
                    end=start + (bar.end - start) * scale,
                    turns=bar.turns * count,
                    width=max(bar.width, wide),
                )
                for bar in _bars(inner, of, start)
            ]
        case Choice(options):
            found: list[Bar] = []
            for share, option in options:
                if share <= 0:
                    continue
                found += [
                    replace(
                        bar,
                        start=start + (bar.start - start) * share,
                        end=start + (bar.end - start) * share,
                        share=bar.share * share,
                    )
                    for bar in _bars(option, of, start)
                ]
                start += evaluate(option, of)[0] * share
            return found


def _one_by_one(parts: Sequence[Work], of: Averages, start: float) -> list[Bar]:
    found: list[Bar] = []
    for part in parts:
        found += _bars(part, of, start)
        start += evaluate(part, of)[0]
    return found


def _overlapping(work: Overlap, of: Averages, start: float) -> list[Bar]:
    taken = [evaluate(step.work, of) for step in work.steps]
    begun = begins(work, taken, of)
    found: list[Bar] = []
    clock = start
    for step, column, begin in zip(work.steps, taken, begun, strict=True):
        if step.ahead:
            first = start + begin[0]
            found += _bars(step.work, of, first)
            clock = max(clock, first + column[0])
        else:
            found += _bars(step.work, of, clock)
            clock += column[0]
    return found


def rows(bars: Sequence[Bar]) -> int:
    """How many rows the bars of a timeline take."""
    return max((bar.row for bar in bars), default=-1) + 1
