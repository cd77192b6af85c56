"""Chains of which the steps stand between those of another one: what they would gain (PX106).

They are not run as chains: each would be awaited as one, so that the last step of the first could
fail in place of the first step of the other, which the program meets before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .chain_links import LONGEST, Links

if TYPE_CHECKING:
    from .blocks import Plan

_LONGEST = 2 * LONGEST  # statements that are looked at together


@dataclass(frozen=True, slots=True)
class Woven:
    """Statement ``next`` goes on with the chain of ``step``; ``between`` begins or goes on with
    another one. As chains, what they stand in would take ``chains_ms`` in place of ``now_ms``."""

    step: int
    between: int
    next: int
    now_ms: float
    chains_ms: float


def woven(plan: Plan, links: Links, *, width: int, min_gain: float) -> Iterator[Woven]:
    """What a block would gain by chains that are woven into each other, once for each place."""
    rows = plan.rows
    i = 0
    while i < len(rows):
        end = i
        while end < len(rows) and rows[end].solo and links.fits(end):
            end += 1
        yield from _in_run(plan, links, i, end, width, max(min_gain, 1e-6))
        i = end + 1


def _in_run(
    plan: Plan, links: Links, begin: int, end: int, width: int, price: float
) -> Iterator[Woven]:
    """The same of a run of statements that may all move."""
    rows = plan.rows
    if sum(rows[i].waits > 0 for i in range(begin, end)) < 3:
        return
    first = begin
    while first < end:
        best: Woven | None = None
        last = first
        for at, strands in _growing(plan, links, first, end) if rows[first].waits > 0 else ():
            now = _now(plan, first, at)
            chains = max(sum(rows[i].waits for i in strand) for strand in strands)
            more = best is None or now - chains > best.now_ms - best.chains_ms
            if len(strands) > width or now - chains < price * (len(strands) - 1) or not more:
                continue
            crossing = _crossing(strands)
            if len(strands) > 1 and crossing is not None:
                best, last = Woven(*crossing, now, chains), at
        if best is not None:
            yield best
        first = last + 1


def _growing(
    plan: Plan, links: Links, first: int, end: int
) -> Iterator[tuple[int, list[list[int]]]]:
    """The waiting statements from ``first`` on, in strands of which none needs another one."""
    groups: list[list[int]] = []
    for at in range(first, min(end, first + _LONGEST)):
        joined = [g for g in groups if any(links.behind(at, k) for k in g)]
        groups = [g for g in groups if g not in joined]
        groups.append(sorted([*(k for g in joined for k in g), at]))
        if plan.rows[at].waits > 0:
            strands = [[k for k in g if plan.rows[k].waits > 0] for g in groups]
            yield at, sorted(strand for strand in strands if strand)


def _crossing(strands: Sequence[Sequence[int]]) -> tuple[int, int, int] | None:
    """Two steps of a strand and one of another between them, the first in source order."""
    place = {k: number for number, strand in enumerate(strands) for k in strand}
    order = sorted(place)
    for at, k in enumerate(order):
        before = [n for n in order[:at] if place[n] == place[k]]
        if before and order[at - 1] != before[-1]:
            return before[-1], order[at - 1], k
    return None


def _now(plan: Plan, first: int, last: int) -> float:
    """How long statements take with the batches and chains that are planned."""
    saved = sum(
        r.sequential_ms - r.parallel_ms for r in plan.regions if first <= r.last and r.first <= last
    )
    return sum(row.waits for row in plan.rows[first : last + 1]) - saved
