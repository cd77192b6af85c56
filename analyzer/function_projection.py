"""The times of one function after the other, those that others call first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from .distributions import Constant
from .latency import Origin
from .projection import (
    HIGH,
    LOW,
    MEDIUM,
    BlockProjection,
    FunctionProjection,
    GroupProjection,
    Times,
    estimate,
)
from .variables import Averages, Draws, Site
from .work import Choice, Column, Repeat, Work, evaluate, parts_of, random, sites
from .work_trees import ASSUMED, FileTrees, FunctionTree

#: Measured calls of a tool from which on its quantiles are taken to be known.
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class _Whole:
    """How long a function takes: draws ([] if nothing varies) and averages of its trees."""

    draws: tuple[Column, Column, Column]
    averages: tuple[float, float, float]
    confidence: str


class Projector:
    """Projects the functions of a run; ``number``: how many runs are drawn."""

    def __init__(self, files: Sequence[FileTrees], seed: int, number: int) -> None:
        self.seed = seed
        self.number = number
        self._trees: dict[str, FunctionTree] = {}
        ambiguous: set[str] = set()
        for file in files:
            for tree in file.functions:
                if tree.qualified in self._trees:
                    ambiguous.add(tree.qualified)
                self._trees[tree.qualified] = tree
        for name in ambiguous:  # which of them is called cannot be told by the name
            del self._trees[name]
        self._roots = roots([t for file in files for t in file.functions], self._trees)
        self._local = frozenset[int]().union(
            *(roots(file.functions, self._trees) for file in files)
        )
        self._done: dict[int, tuple[FunctionProjection, _Whole]] = {}
        self._open: set[int] = set()

    def of(self, tree: FunctionTree) -> FunctionProjection:
        """The projection of one function."""
        return self._of(tree)[0]

    def _of(self, tree: FunctionTree) -> tuple[FunctionProjection, _Whole]:
        if id(tree) not in self._done:
            self._open.add(id(tree))
            self._done[id(tree)] = self._project(tree)
            self._open.discard(id(tree))
        return self._done[id(tree)]

    def _callee(self, name: str) -> _Whole | None:
        """What a function of the project waits for; None: not looked at, or it calls itself."""
        tree = self._trees.get(name)
        if tree is None or id(tree) in self._open:
            return None
        return self._of(tree)[1]

    def _project(self, tree: FunctionTree) -> tuple[FunctionProjection, _Whole]:
        callees = [self._callee(s.function) if s.function else None for s in tree.sites]
        works = (tree.before, tree.after, tree.best)
        tables = [
            [
                Site(s.latency.distribution, s.limit, c.draws[k] if c else (),
                     c.averages[k] if c else 0.0, c is not None)
                for s, c in zip(tree.sites, callees, strict=True)
            ]
            for k in range(3)
        ]  # fmt: skip
        spread = any(
            c.draws[0] if c else not s.latency.distribution.fixed
            for s, c in zip(tree.sites, callees, strict=True)
        )
        draws: list[Column] = [(), (), ()]
        means = [evaluate(w, Averages(t))[0] for w, t in zip(works, tables, strict=True)]
        if spread or random(tree.before):
            key = f"{self.seed} {tree.qualified}"
            draws = [
                evaluate(w, Draws(t, self.number, key)) for w, t in zip(works, tables, strict=True)
            ]
            if spread:  # the mean of a maximum is more than the maximum of the means
                means = [fmean(column) for column in draws]
        # Names that a chain keeps to itself no longer hold others apart, as they do in the edges.
        means[1] = min(means[1], means[0])
        means[2] = min(max(means[2], _least(tree, tables[0])), means[1])
        level = confidence(tree, [c.confidence if c else "" for c in callees])
        times = self._times(tree, tables, means, draws)
        averages = [Averages(t) for t in tables]
        groups = tuple(
            GroupProjection(
                g.number,
                evaluate(g.before, averages[0])[0],
                evaluate(g.after, averages[1])[0],
                _width(g.after, g.width),
            )
            for g in tree.groups
        )  # fmt: skip
        blocks: list[BlockProjection] = []
        for b in tree.blocks:
            before, after, best = (
                evaluate(w, a)[0]
                for w, a in zip((b.before, b.after, b.best), averages, strict=True)
            )
            best = min(best, after)
            blocks.append(BlockProjection(b.span.line, b.span.end_line, b.span.cell, before,
                                          after, best))  # fmt: skip
        projection = FunctionProjection(
            tree, times, tuple(blocks), groups, id(tree) in self._roots,
            id(tree) in self._local, level,
            assumptions([tree]), (draws[0], draws[1]), (tables[0], tables[1]),
        )  # fmt: skip
        whole = _Whole((draws[0], draws[1], draws[2]), (means[0], means[1], means[2]), level)
        return projection, whole

    def _times(
        self,
        tree: FunctionTree,
        tables: Sequence[Sequence[Site]],
        means: Sequence[float],
        draws: Sequence[Column],
    ) -> Times:
        now, then = Averages(tables[0]), Averages(tables[1])
        work = span = room = 0.0
        batched: set[int] = set()
        for group in tree.groups:
            taken = evaluate(group.after, then)[0]
            work += evaluate(group.before, now)[0]
            span += taken
            room += taken * _width(group.after, group.width)
            batched.update(sites(group.before))
        return Times(
            len(tree.sites), len(tree.groups), len(batched),
            estimate(means[0], draws[0]), estimate(means[1], draws[1]), means[2],
            work, span, room,
        )  # fmt: skip


def roots(trees: Sequence[FunctionTree], known: Mapping[str, FunctionTree]) -> frozenset[int]:
    """Those (by ``id``) that none of the others calls; of functions that call each other in turn,
    and that nobody else calls, the first. ``known``: the functions by name."""
    own = {id(tree) for tree in trees}

    def callees(tree: FunctionTree) -> list[FunctionTree]:
        found = (known.get(site.function) for site in tree.sites if site.function)
        return [t for t in found if t is not None and id(t) in own and t is not tree]

    called = {id(callee) for tree in trees for callee in callees(tree)}
    found: set[int] = set()
    reached: set[int] = set()
    for tree in sorted(trees, key=lambda t: id(t) in called):
        if id(tree) in reached:
            continue
        found.add(id(tree))
        todo = [tree]
        while todo:
            one = todo.pop()
            if id(one) not in reached:
                reached.add(id(one))
                todo += callees(one)
    return frozenset(found)


def _least(tree: FunctionTree, table: Sequence[Site]) -> float:
    """The shortest time that the limits of calls leave: their work over how many run at once."""
    found = 0.0
    for limit in {site.limit for site in tree.sites if site.limit is not None}:
        own = [s if s.limit == limit else Site(Constant(0.0)) for s in table]
        found = max(found, evaluate(tree.before, Averages(own))[0] / limit[1])
    return found


def _width(work: Work, width: int) -> int:
    """How many calls of a batch run at once at most."""
    return min(width, math.ceil(work.count)) if isinstance(work, Repeat) else width


def confidence(tree: FunctionTree, callees: Sequence[str]) -> str:
    """How far a function's times can be trusted: as far as its weakest latency.

    High: all of its calls were measured, often enough; medium: all were measured or declared; low:
    one rests on a default. Numbers of turns and shares of branches that are assumed leave no more
    than medium. ``callees``: of calls of functions of the project, "" for others.
    """
    levels = {HIGH}
    for site, callee in zip(tree.sites, callees, strict=True):
        if callee:
            levels.add(callee)
        elif site.latency.origin is Origin.MEASURED and site.latency.count >= ENOUGH:
            levels.add(HIGH)
        elif site.latency.origin in (Origin.MEASURED, Origin.DECLARED):
            levels.add(MEDIUM)
        else:
            levels.add(LOW)
    if _assumed(tree.before):
        levels.add(MEDIUM)
    return next(level for level in (LOW, MEDIUM, HIGH) if level in levels)


def _assumed(work: Work) -> list[Repeat | Choice]:
    own = [work] if isinstance(work, Repeat | Choice) and work.source == ASSUMED else []
    return [*own, *(found for part in parts_of(work) for found in _assumed(part))]


def assumptions(trees: Sequence[FunctionTree]) -> tuple[str, ...]:
    """What is assumed of the loops and branches of functions, in words."""
    found = [work for tree in trees for work in _assumed(tree.before)]
    loops = [w for w in found if isinstance(w, Repeat)]
    words = [_counted(len(loops), "loop", f"{loops[0].count:.0f} turns") if loops else ""]
    branches = len(found) - len(loops)
    words.append(_counted(branches, "branch", "each way as often") if branches else "")
    return tuple(filter(None, words))


def _counted(number: int, what: str, how: str) -> str:
    many = {"loop": "loops", "branch": "branches"}[what]
    return f"{number} {what if number == 1 else many}: {how}"
