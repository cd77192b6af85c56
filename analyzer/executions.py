"""What traces tell of call sites: how long calls took, how often loops turned, which way branches
went.

A timed call belongs to a call site by its place, if the trace has it (that of ``pexec-report
--record``), else by the name of its tool. Then all calls of a tool share one distribution.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePath

from .distributions import Empirical
from .latency import Latency, Origin
from .timings import Timing
from .work import Choice, Leaf, Overlap, Paths, Repeat, Seq, Step, Work, parts_of
from .work_trees import LITERAL, FileTrees, FunctionTree, TimedCall

TRACED = "trace"
#: Calls of one site from which on they have a distribution of their own.
OWN = 3
_WORD = re.compile(r"[.:/]+")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many timed calls belong to call sites of the report, and how many there are."""

    matched: int
    timed: int
    failed: int


@dataclass(frozen=True)
class Executions:
    """The timed calls of all traces that were given."""

    timings: tuple[Timing, ...]
    _used: set[int] = field(default_factory=set[int], repr=False)

    @cached_property
    def _placed(self) -> dict[tuple[str, int, int], list[Timing]]:
        """By the name of the file without its folders, and the place in it."""
        found: dict[tuple[str, int, int], list[Timing]] = defaultdict(list)
        for timing in self.timings:
            if timing.file:
                found[PurePath(timing.file).name, timing.line, timing.column].append(timing)
        return found

    @cached_property
    def _tools(self) -> dict[str, dict[tuple[str, ...], list[Timing]]]:
        """By the last word of the tool's name, then by all of its words."""
        found: dict[str, dict[tuple[str, ...], list[Timing]]] = defaultdict(dict)
        for timing in self.timings:
            words = _words(timing.tool)
            found[words[-1]].setdefault(words, []).append(timing)
        return found

    def applied(self, files: Sequence[FileTrees]) -> tuple[FileTrees, ...]:
        """The trees with the latencies, numbers of turns and shares of branches of the traces."""
        names = {s.name for f in files for t in f.functions for s in t.sites}
        shared: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for name in names:
            shared[_words(name)[-1]].add(_words(name))
        return tuple(
            replace(
                file,
                functions=tuple(self._applied(t, file.filename, shared) for t in file.functions),
            )
            for file in files
        )

    def coverage(self) -> Coverage:
        """How much of the traces :meth:`applied` has used."""
        failed = sum(t.failed for t in self.timings)
        return Coverage(len(self._used), len(self.timings), failed)

    def _applied(
        self, tree: FunctionTree, filename: str, shared: dict[str, set[tuple[str, ...]]]
    ) -> FunctionTree:
        here = [self._here(site, filename) for site in tree.sites]
        sites = tuple(
            replace(site, latency=self._latency(site, own, shared))
            for site, own in zip(tree.sites, here, strict=True)
        )
        runs = {t.activation for own in here for t in own if t.activation}
        if not runs:
            return replace(tree, sites=sites)
        often = [sum(1 for t in own if t.activation) / len(runs) for own in here]

        def told(work: Work) -> Work:
            return _told(work, often.__getitem__, 1.0)

        return replace(
            tree,
            sites=sites,
            before=told(tree.before),
            after=told(tree.after),
            best=told(tree.best),
            blocks=tuple(
                replace(b, before=told(b.before), after=told(b.after), best=told(b.best))
                for b in tree.blocks
            ),
            groups=tuple(
                replace(g, before=told(g.before), after=told(g.after)) for g in tree.groups
            ),
        )

    def _here(self, site: TimedCall, filename: str) -> list[Timing]:
        """The calls that were timed at a call site."""
        path = PurePath(filename)
        placed = self._placed.get((path.name, site.row, site.column), [])
        return [t for t in placed if _same_file(PurePath(t.file), path)]

    def _latency(
        self, site: TimedCall, own: Sequence[Timing], shared: dict[str, set[tuple[str, ...]]]
    ) -> Latency:
        done = [t for t in own if not t.failed]
        found = own if len(done) >= OWN else self._of_tool(site.name, shared) or own
        values = tuple(sorted(max(0.0, t.end - t.start) * 1000 for t in found if not t.failed))
        if not values:
            return site.latency
        self._used.update(map(id, [*found, *own]))
        return Latency(Empirical(values), Origin.MEASURED, TRACED, len(values),
                       len(found) - len(values))  # fmt: skip

    def _of_tool(self, name: str, shared: dict[str, set[tuple[str, ...]]]) -> list[Timing]:
        """The calls of a tool: one name is the end of the other, and of no other tool's name."""
        words = _words(name)
        found: list[Timing] = []
        for tool, timings in self._tools.get(words[-1], {}).items():
            alike = [other for other in shared[words[-1]] if _ends(other, tool)]
            if _ends(words, tool) and (len(alike) == 1 or tool == words):
                found += timings
        return found


def _words(name: str) -> tuple[str, ...]:
    return tuple(filter(None, _WORD.split(name))) or ("",)


def _ends(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Is one of two names the end of the other?"""
    short = min(len(one), len(other))
    return one[-short:] == other[-short:]


def _same_file(one: PurePath, other: PurePath) -> bool:
    """Are they one file, as far as can be told where each may be given from another folder?"""
    a, b = one.parts, other.parts
    short = min(len(a), len(b))
    return a[-short:] == b[-short:]


def _told(work: Work, often: Callable[[int], float], runs: float) -> Work:
    """A tree with the numbers of turns and the shares that follow from how often calls were made.

    ``runs``: how often the tree itself is run in one run of its function.
    """
    match work:
        case Leaf():
            return work
        case Seq(parts):
            return Seq(tuple(_told(part, often, runs) for part in parts))
        case Overlap(steps):
            done = tuple(Step(_told(s.work, often, runs), s.ahead) for s in steps)
            return replace(work, steps=done)
        case Paths(works):
            return replace(work, works=tuple(_told(part, often, runs) for part in works))
        case Repeat(inner):
            probe = next(_always(inner), None)
            if probe is None or runs <= 0 or work.source == LITERAL:
                return replace(work, work=_told(inner, often, runs * work.count))
            count = often(probe) / runs
            return replace(work, work=_told(inner, often, runs * count), count=count, source=TRACED)
        case Choice(options):
            shares = _shares(options, often, runs)
            source = work.source if shares is None else TRACED
            chosen = shares or [share for share, _ in options]
            return Choice(
                tuple(
                    (share, _told(option, often, runs * share))
                    for share, (_, option) in zip(chosen, options, strict=True)
                ),
                source,
            )


def _shares(
    options: Iterable[tuple[float, Work]], often: Callable[[int], float], runs: float
) -> list[float] | None:
    """The share of each branch; those that make no call have what is left in equal parts.

    None: no branch makes a call for certain.
    """
    probes = [next(_always(option), None) for _, option in options]
    if runs <= 0 or all(probe is None for probe in probes):
        return None
    known = [None if p is None else min(1.0, often(p) / runs) for p in probes]
    taken = sum(k for k in known if k is not None)
    if taken > 1:
        known = [None if k is None else k / taken for k in known]
    left = max(0.0, 1 - taken) / max(1, sum(k is None for k in known))
    return [left if k is None else k for k in known]


def _always(work: Work) -> Iterator[int]:
    """The call sites that a tree gets to in every run of it."""
    if isinstance(work, Leaf):
        yield work.site
    elif not isinstance(work, Repeat | Choice):
        for part in parts_of(work):
            yield from _always(part)
