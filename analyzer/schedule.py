"""Members + edges + latencies → regions: which calls start early, and where.

A region is a run of statements of one block. The calls of its members are started before its first
statement and awaited where they stood; everything else in it stays in place. The best partition of
a block into regions is found by dynamic programming over its statements: shortest projected time,
then fewest calls moved, then source order. A window bounds the length of a region, so that the
time grows linearly with the block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .edges import Edge, Member

WINDOW = 40  # statements in one region at most: a longer one could not be reviewed


@dataclass(frozen=True, slots=True)
class Row:
    """One statement of a block, as the schedule sees it.

    ``limit``: first statement that the member may start before (its own index: not at all);
    ``strict``: the same if its arguments have to be taken as raising. ``edge``: what stands before
    ``limit``.
    """

    waits: float
    member: Member | None
    limit: int
    strict: int
    edge: Edge | None
    solo: bool = True
    risk: bool = False  # something in the statement other than an awaited call may raise
    nameable: bool = False  # … and it is only the call's own arguments, which can get names
    early: Edge | None = None  # why `strict` is not `limit`


@dataclass(frozen=True, slots=True)
class Region:
    """Statements ``first`` to ``last`` of a block; ``moved`` are the members started early."""

    first: int
    last: int
    moved: tuple[Member, ...]
    sequential_ms: float
    parallel_ms: float


def regions(
    rows: Sequence[Row], *, width: int, min_gain: float, raising: Sequence[frozenset[int]]
) -> tuple[Region, ...]:
    """The best partition of a block; only regions that gain at least ``min_gain`` milliseconds.

    ``raising[i]`` holds the members (by index) whose arguments may raise in a way that evaluating
    statement ``i`` would not have shown already.
    """
    n = len(rows)
    best: list[tuple[float, int]] = [(0.0, 0)] * (n + 1)
    choice: list[Region | None] = [None] * n
    for i in range(n - 1, -1, -1):
        best[i] = (best[i + 1][0] + rows[i].waits, best[i + 1][1])
        if not rows[i].solo or rows[i].waits <= 0:
            continue
        for region in _from(i, rows, width, raising[i]):
            if region.sequential_ms - region.parallel_ms < max(min_gain, 1e-9):
                continue
            rest = best[region.last + 1]
            cost = (round(rest[0] + region.parallel_ms, 6), rest[1] + len(region.moved))
            if cost < (round(best[i][0], 6), best[i][1]):
                best[i] = cost
                choice[i] = region
    found: list[Region] = []
    i = 0
    while i < n:
        region = choice[i]
        if region is None:
            i += 1
        else:
            found.append(region)
            i = region.last + 1
    return tuple(found)


def _from(first: int, rows: Sequence[Row], width: int, raising: frozenset[int]) -> list[Region]:
    """All regions that begin at ``first`` and end with a member that is started early."""
    found: list[Region] = []
    moved: list[Member] = []
    clock = sequential = rows[first].waits
    # Errors of the program itself keep their order (contract §4): once a statement that may raise
    # on its own stays in place, no call whose arguments may raise is started ahead of it.
    firm = rows[first].risk and not rows[first].nameable
    for k in range(first + 1, min(len(rows), first + WINDOW)):
        row = rows[k]
        if not row.solo:
            break
        sequential += row.waits
        risky = k in raising
        limit = row.strict if risky else row.limit
        fits = limit <= first and row.waits > 0 and len(moved) + 1 < width
        if row.member is not None and fits and not (risky and firm):
            moved.append(row.member)
            firm = firm or (row.risk and not row.nameable)
            clock = max(clock, row.waits)
            found.append(Region(first, k, tuple(moved), sequential, clock))
        else:
            clock += row.waits
            firm = firm or row.risk
    return found
