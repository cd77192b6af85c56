"""What a function waits for, as a tree: the algebra that projections are evaluated in.

A tree says in which order calls wait and which of them wait together; how long a call takes is
asked of :class:`Variables`. So one tree is evaluated for averages, for draws from distributions,
and for the places of bars on a timeline. Times are milliseconds; computation counts as 0.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Leaf:
    """One call site, by its number among those of its function."""

    site: int


@dataclass(frozen=True, slots=True)
class Seq:
    """One after the other."""

    parts: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What happens in one place of an :class:`Overlap`; ``ahead``: it was started at the start."""

    work: Work
    ahead: bool


@dataclass(frozen=True, slots=True)
class Overlap:
    """Steps in order, of which some were started before the first: what a batch does.

    ``start_ms``: what starting one of them costs. ``number``: of the finding that it is.
    """

    steps: tuple[Step, ...]
    start_ms: float = 0.0
    number: int = -1


@dataclass(frozen=True, slots=True)
class Repeat:
    """The turns of a loop or the elements of a comprehension.

    ``width``: how many at once: 1 one after the other, 0 all. ``source``: where the number of turns
    is from. ``number``: of the finding that runs them together. ``start_ms``: what each of those
    costs that run at once.
    """

    work: Work
    count: float
    source: str
    width: int = 1
    number: int = -1
    start_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several branches, each with its share of the runs."""

    options: tuple[tuple[float, Work], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Paths:
    """Works that wait for those before them only where an edge says so: the longest path counts.

    ``needs``: for each work, the numbers of earlier ones that it waits for.
    """

    works: tuple[Work, ...]
    needs: tuple[tuple[int, ...], ...]


Work = Leaf | Seq | Overlap | Repeat | Choice | Paths
NOTHING = Seq()

#: Turns of one loop that are drawn apart; of more, these stand for the others.
DRAWN = 24

Column = Sequence[float]
#: Which turn of which loops, outermost first.
Turn = tuple[int, ...]


class Variables(Protocol):
    """How long calls take, and which branch is taken, in each of ``number`` runs."""

    @property
    def number(self) -> int: ...

    def duration(self, site: int, turn: Turn) -> Column: ...

    def branches(self, choice: Choice, turn: Turn) -> Sequence[Column]:
        """For each option its share: of one run 0 or 1, of an average anything between."""
        ...

    def capacity(self, site: int) -> tuple[str, int] | None:
        """The limit that a call falls under, and how many it lets run at once."""
        ...


def seq(*parts: Work) -> Work:
    """Parts one after the other; nested sequences and what does nothing are taken apart."""
    flat: list[Work] = []
    for part in parts:
        flat += part.parts if isinstance(part, Seq) else [part]
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def sites(work: Work) -> Iterator[int]:
    """The call sites of a tree, in order, with repetitions."""
    if isinstance(work, Leaf):
        yield work.site
        return
    for part in parts_of(work):
        yield from sites(part)


def parts_of(work: Work) -> tuple[Work, ...]:
    """What a tree is made of."""
    match work:
        case Leaf():
            return ()
        case Seq(parts):
            return parts
        case Overlap(steps):
            return tuple(step.work for step in steps)
        case Repeat(inner):
            return (inner,)
        case Choice(options):
            return tuple(option for _, option in options)
        case Paths(works):
            return works


def part(work: Work, chosen: Collection[int]) -> Work:
    """What a tree holds of these call sites, in its order."""
    match work:
        case Leaf(site):
            return work if site in chosen else NOTHING
        case Seq(parts):
            return seq(*(part(one, chosen) for one in parts))
        case Overlap(steps):
            kept = [replace(step, work=part(step.work, chosen)) for step in steps]
            found = replace(work, steps=tuple(step for step in kept if step.work != NOTHING))
        case Repeat(inner):
            found = replace(work, work=part(inner, chosen))
        case Choice(options):
            found = replace(work, options=tuple((s, part(one, chosen)) for s, one in options))
        case Paths(works):
            found = replace(work, works=tuple(part(one, chosen) for one in works))
    return found if any(one != NOTHING for one in parts_of(found)) else NOTHING


def size(work: Work) -> int:
    """How many durations evaluating a tree asks for."""
    if isinstance(work, Leaf):
        return 1
    turns = min(DRAWN, math.ceil(work.count)) if isinstance(work, Repeat) else 1
    edges = sum(map(len, work.needs)) if isinstance(work, Paths) else 0
    return turns * sum(map(size, parts_of(work))) + edges


def random(work: Work) -> bool:
    """Does which branch is taken depend on the run?"""
    return isinstance(work, Choice) or any(map(random, parts_of(work)))


def evaluate(work: Work, of: Variables, turn: Turn = ()) -> list[float]:
    """How long a tree waits, in each run."""
    match work:
        case Leaf(site):
            return list(of.duration(site, turn))
        case Seq(parts):
            return _sum((evaluate(part, of, turn) for part in parts), of.number)
        case Overlap():
            return _overlap(work, of, turn)
        case Repeat():
            return _repeat(work, of, turn)
        case Choice(options):
            shares = of.branches(work, turn)
            taken = (
                [s * t for s, t in zip(share, evaluate(option, of, turn), strict=True)]
                for share, (_, option) in zip(shares, options, strict=True)
                if option != NOTHING
            )
            return _sum(taken, of.number)
        case Paths(works, needs):
            return _longest(works, needs, of, turn)


def _sum(columns: Iterator[list[float]], number: int) -> list[float]:
    total = [0.0] * number
    for column in columns:
        total = [a + b for a, b in zip(total, column, strict=True)]
    return total


def _overlap(work: Overlap, of: Variables, turn: Turn) -> list[float]:
    taken = [evaluate(step.work, of, turn) for step in work.steps]
    begun = begins(work, taken, of)
    clock = [0.0] * of.number
    for step, column, begin in zip(work.steps, taken, begun, strict=True):
        if step.ahead:
            clock = [max(c, b + d) for c, b, d in zip(clock, begin, column, strict=True)]
        else:
            clock = [c + d for c, d in zip(clock, column, strict=True)]
    started = work.start_ms * sum(step.ahead for step in work.steps)
    return [c + started for c in clock] if started else clock


def begins(work: Overlap, taken: Sequence[Column], of: Variables) -> list[list[float]]:
    """When the steps that were started ahead begin: at once, or when a limit lets them in.

    Those that stay in their place get 0 too; the first of them counts against a limit, as it begins
    with the others.
    """
    zero = [0.0] * of.number
    begun = [zero] * len(work.steps)
    groups: dict[tuple[str, int], list[int]] = {}
    for i, step in enumerate(work.steps):
        if (step.ahead or i == 0) and isinstance(step.work, Leaf):
            limit = of.capacity(step.work.site)
            if limit is not None:
                groups.setdefault(limit, []).append(i)
    for (_, most), members in groups.items():
        if len(members) > most:
            waits = [scheduled([taken[i][k] for i in members], most)[0] for k in range(of.number)]
            for place, i in enumerate(members):
                begun[i] = [row[place] for row in waits]
    return begun


def scheduled(durations: Sequence[float], width: int) -> tuple[list[float], float]:
    """When each of the calls begins if at most ``width`` run at once, in order, and when all are
    done (list scheduling: Graham, Bell System Technical Journal 45, 1966)."""
    free = [0.0] * min(width, len(durations))
    begins: list[float] = []
    for duration in durations:
        begins.append(free[0])
        heapq.heapreplace(free, free[0] + duration)
    return begins, max(free, default=0.0)


def _repeat(work: Repeat, of: Variables, turn: Turn) -> list[float]:
    if work.count <= 0:
        return [0.0] * of.number
    turns, width = max(1, math.ceil(work.count)), width_of(work, of)
    taken = _turns(work, turns, width, of, turn)
    started = work.start_ms * min(turns, width or turns)
    return [t + started for t in taken] if started else taken


def _turns(work: Repeat, turns: int, width: int, of: Variables, turn: Turn) -> list[float]:
    drawn = min(turns, DRAWN)
    columns = [evaluate(work.work, of, (*turn, i)) for i in range(drawn)]
    if width == 1:
        more = work.count / drawn
        return [t * more for t in _sum(iter(columns), of.number)]
    if not width or width >= turns:
        if drawn == turns:
            return [max(row) for row in zip(*columns, strict=True)]
        width = turns
    rows = zip(*columns, strict=True)
    if drawn == turns:
        return [scheduled(row, width)[1] for row in rows]
    if turns > 40 * DRAWN:  # the last turns, in which not all places are taken, hardly count
        return [sum(row) * turns / drawn / width for row in rows]
    again = [i % drawn for i in range(turns)]  # those that were not drawn are those that were
    return [scheduled([row[i] for i in again], width)[1] for row in rows]


def width_of(work: Repeat, of: Variables) -> int:
    """How many turns run at once, by the loop and by the limits of its calls; 0: all."""
    limits = [limit[1] for site in sites(work.work) if (limit := of.capacity(site)) is not None]
    if work.width == 1 or not limits:
        return work.width
    return min([*limits, work.width] if work.width else limits)


def _longest(
    works: Sequence[Work], needs: Sequence[Sequence[int]], of: Variables, turn: Turn
) -> list[float]:
    ends: list[list[float]] = []
    whole = [0.0] * of.number
    for work, earlier in zip(works, needs, strict=True):
        own = evaluate(work, of, turn)
        if earlier:
            latest = [max(row) for row in zip(*(ends[i] for i in earlier), strict=True)]
            own = [a + b for a, b in zip(latest, own, strict=True)]
        ends.append(own)
        whole = [max(a, b) for a, b in zip(whole, own, strict=True)]
    return whole
