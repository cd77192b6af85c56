"""Members + edges + latencies → regions: which calls start early, and where.

A region is a run of statements of one block. The calls of its members are started before its first
statement and awaited where they stood; everything else in it stays in place. The best partition of
a block into regions is found by dynamic programming over its statements: shortest projected time,
then fewest calls moved, then source order. A window bounds the length of a region, so that the
time grows linearly with the block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .checks import Limit
from .edges import Edge, Member

if TYPE_CHECKING:
    from .chain_links import Chain

WINDOW = 40  # statements in one region at most: a longer one could not be reviewed


@dataclass(frozen=True, slots=True)
class Start:
    """How early an awaited call may start; ``member`` is None if it cannot.

    ``limit``: first statement that it may start before; ``strict``: the same if its arguments have
    to be taken as raising; ``edge``: what stands before ``limit``; ``early``: why ``strict`` is not
    ``limit``. A later one of several calls in statement ``i`` that may not even start before the
    earlier ones has the limit ``i + 1``.
    """

    member: Member | None
    limit: int
    strict: int
    edge: Edge | None
    early: Edge | None = None
    waits: float = 0.0
    limits: tuple[Limit, ...] = ()  # what lets only so many such calls run at once


@dataclass(frozen=True, slots=True)
class Row:
    """One statement of a block, as the schedule sees it: what it waits, and its awaited calls.

    ``only``: the call of a statement that awaits one, ``several``: those of one that awaits more.
    """

    waits: float
    only: Start
    solo: bool = True
    risk: bool = False  # something in the statement other than an awaited call may raise
    nameable: bool = False  # … and it is only the call's own arguments, which can get names
    several: tuple[Start, ...] = ()

    @property
    def member(self) -> Member | None:
        return self.only.member

    @property
    def starts(self) -> tuple[Start, ...]:
        return self.several or (self.only,)


@dataclass(frozen=True, slots=True)
class Region:
    """Statements ``first`` to ``last`` of a block; ``moved`` are the members started early.

    Those of ``chains`` are among them.
    """

    first: int
    last: int
    moved: tuple[Member, ...]
    sequential_ms: float
    parallel_ms: float
    chains: tuple[Chain, ...] = field(default=())

    @property
    def code(self) -> str:
        """The rule: chains, blocking calls, or awaited ones of several statements, or of one."""
        if self.chains:
            return "PX106"
        if not self.moved[0].call.awaited:
            return "PX102"
        return "PX101" if self.last > self.first else "PX105"


#: The chains of a block, by the statement at which each ends.
Chains = Mapping[int, Sequence["Chain"]]


def regions(
    rows: Sequence[Row],
    chains: Chains | None = None,
    *,
    width: int,
    min_gain: float,
    raising: Sequence[frozenset[tuple[int, int]]],
    start_ms: float = 0.0,
) -> tuple[Region, ...]:
    """The best partition of a block; only regions that gain at least ``min_gain`` milliseconds.

    ``start_ms``: milliseconds that it takes to start one call ahead.

    ``raising[i]`` holds the members (by ``Member.key``) whose arguments may raise in a way that
    evaluating statement ``i`` would not have shown already. ``chains``: those that end at a
    statement; each of them must gain ``min_gain`` over what there would be without it.
    """
    n = len(rows)
    best: list[tuple[float, int]] = [(0.0, 0)] * (n + 1)
    choice: list[Region | None] = [None] * n
    for i in range(n - 1, -1, -1):
        best[i] = (best[i + 1][0] + rows[i].waits, best[i + 1][1])
        if not rows[i].solo or rows[i].waits <= 0:
            continue
        found_here = _from(i, rows, width, raising[i], start_ms)
        if chains:
            found_here += with_chains(i, rows, width, raising[i], chains, max(min_gain, 1e-6))
        for region in found_here:
            if region.sequential_ms - region.parallel_ms < max(min_gain, 1e-9):
                continue
            rest = best[region.last + 1]
            price = max(min_gain, 1e-6) * len(region.chains)
            cost = (round(rest[0] + region.parallel_ms + price, 6), rest[1] + len(region.moved))
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


@dataclass(frozen=True, slots=True)
class _Use:
    """The limited calls of a region so far: those started ahead, and those that stay in place.

    The latter wait for each other, so at any time they are one call at most.
    """

    started: tuple[Limit, ...] = ()
    staying: frozenset[Limit] = frozenset()

    def admits(self, limits: tuple[Limit, ...]) -> bool:
        """May one more call be started, beside all of these?"""
        return all(
            self.started.count(limit) + (limit in self.staying) < limit.max_concurrency
            for limit in limits
        )

    def ahead(self, limits: tuple[Limit, ...]) -> _Use:
        return _Use((*self.started, *limits), self.staying) if limits else self

    def stays(self, limits: tuple[Limit, ...]) -> _Use:
        return _Use(self.started, self.staying.union(limits)) if limits else self


def _from(
    first: int,
    rows: Sequence[Row],
    width: int,
    raising: frozenset[tuple[int, int]],
    start_ms: float,
) -> list[Region]:
    """All regions that begin at ``first`` and end with a member that is started early."""
    found: list[Region] = []
    moved: list[Member] = []
    clock = sequential = 0.0
    use = _Use()
    # Errors of the program itself keep their order (contract §4): once a statement that may raise
    # on its own stays in place, no call whose arguments may raise is started ahead of it.
    firm = rows[first].risk and not rows[first].nameable
    for k in range(first, min(len(rows), first + WINDOW)):
        row = rows[k]
        if not row.solo:
            break
        sequential += row.waits
        before = len(moved)
        for ordinal, start in enumerate(row.starts):
            ahead = k > first or ordinal > 0  # the first call of all stays in its place
            member = start.member
            risky = member is not None and member.key in raising
            limit = start.strict if risky else start.limit
            fits = ahead and limit <= first and start.waits > 0 and len(moved) + 1 < width
            # what its own statement evaluates before it is in `strict`
            fits = fits and not (risky and firm and k > first) and use.admits(start.limits)
            if member is not None and fits:
                moved.append(member)
                clock = max(clock, start.waits)
                use = use.ahead(start.limits)
            else:
                clock += start.waits
                use = use.stays(start.limits)
        if len(moved) > before:
            firm = firm or (row.risk and not row.nameable)
            found.append(Region(first, k, tuple(moved), sequential, clock + start_ms * len(moved)))
        elif k > first:
            firm = firm or row.risk
    return found


@dataclass(frozen=True, slots=True)
class _State:
    """The best way to run the statements of a region so far: when it ends, and what is moved."""

    clock: float
    moved: tuple[Member, ...] = ()
    chains: tuple[Chain, ...] = ()
    starts: int = 0
    use: _Use = _Use()

    def cost(self, price: float) -> tuple[float, int]:
        return round(self.clock + price * len(self.chains), 6), len(self.moved)


def with_chains(
    first: int,
    rows: Sequence[Row],
    width: int,
    raising: frozenset[tuple[int, int]],
    chains: Chains,
    price: float,
) -> list[Region]:
    """The regions that begin at ``first``, hold a chain and end with what is started early.

    What a chain evaluates it evaluates when it runs, so it may raise; the arguments of a call that
    is started without a function may not, once they are evaluated ahead.
    """
    found: list[Region] = []
    states = [_State(rows[first].waits, use=_Use().stays(rows[first].only.limits))]
    sequential = rows[first].waits
    for k in range(first + 1, min(len(rows), first + WINDOW)):
        row = rows[k]
        if not row.solo:
            break
        sequential += row.waits
        before = states[-1]
        limits = row.only.limits
        stays = _State(before.clock + row.waits, before.moved, before.chains, before.starts,
                       before.use.stays(limits))  # fmt: skip
        options = [stays]
        member = row.member
        fits = member is not None and row.only.limit <= first and before.use.admits(limits)
        if member is not None and fits and member.key not in raising:
            options.append(
                _State(max(before.clock, row.waits), (*before.moved, member), before.chains,
                       before.starts + 1, before.use.ahead(limits))
            )  # fmt: skip
        for chain in chains.get(k, ()):
            ahead = states[chain.begin - 1 - first] if chain.limit <= first < chain.begin else None
            narrow = tuple({x: None for r in rows[chain.begin : k + 1] for x in r.only.limits})
            if ahead is not None and ahead.use.admits(narrow):
                options.append(
                    _State(max(ahead.clock, chain.waits), (*ahead.moved, *chain.members),
                           (*ahead.chains, chain), ahead.starts + 1, ahead.use.ahead(narrow))
                )  # fmt: skip
        best = min((o for o in options if o.starts + 1 <= width), key=lambda o: o.cost(price))
        states.append(best)
        if best is not stays and best.chains:
            found.append(Region(first, k, best.moved, sequential, best.clock, best.chains))
    return found
