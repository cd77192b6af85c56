"""Blocking calls → regions whose later calls run in threads beside the first one (PX102).

Nothing is moved but the calls: the first call and all statements between stay where they are, and
each later call is started before them and its result taken where it stood. Threads cannot be
cancelled, so what may run in vain has to be harmless, and all threads end before the block does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .dependence import blocking, visible_early
from .edges import Edge, EdgeKind, Pair
from .effects.model import MEMORY
from .footprint import Footprint
from .gathering import callees_first
from .ir import Call, Invoke, Statement
from .latency import latency_of
from .loop_blocks import LoopBlocks
from .members import NO_MEMBER, risk_key, risks_of, shown
from .schedule import WINDOW, Region, Row, Start, regions
from .sites import Site
from .thread_members import THREAD_FINDERS, THREAD_MS, blocking_in, kept_out, thread_member

if TYPE_CHECKING:
    from .blocks import Note, Plan, Planner

#: A call that waits less is not worth a note that it could be declared.
_LONG_MS = 50.0
#: Domains of the process itself: nothing waits there.
_HERE = frozenset({MEMORY, "stdout", "log", "clock", "sleep", "random", "env", "time"})


class Threads:
    """Plans the blocking calls of a module's blocks."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.inference = planner.inference
        self.footprints = planner.footprints

    def plan(self, site: Site, taken: frozenset[int]) -> Plan | None:
        """The plan of a block that makes two such calls or more.

        ``taken``: statements that hold, or are part of, something that is run together already.
        """
        from .blocks import Plan

        statements, planner = site.block.statements, self.planner
        own = [blocking_in(planner.sites, site.function, s) for s in statements]
        near = [[] if own[i] else self._near(s) for i, s in enumerate(statements)]
        if sum(map(bool, own)) + sum(map(bool, near)) < 2:
            return None
        forbidden = planner.sites.forbidden(site) or kept_out(self.inference, site)
        around = planner.sites.surroundings(site)
        prints = tuple(self.footprints.of(s) for s in statements)
        rows: list[Row] = []
        for i, statement in enumerate(statements):
            start = self._start(site, i, prints, own[i], forbidden)
            calls = {call.id for _, call in own[i]}
            events = [e for e in statement.events
                      if not (isinstance(e, Invoke) and e.call.id in calls)]  # fmt: skip
            bound = planner.sites.bound_at(site, i)
            known = shown(statements, i, self.footprints, own=False)
            risk = any(risk_key(e) not in known for e in risks_of(events, self.footprints, bound))
            solo = statement.solo and id(statement) not in taken
            rows.append(Row(start.waits, start, solo, risk))
        raising = [planner.raising(i, statements, rows) for i in range(len(rows))]
        config = planner.config
        found = () if forbidden else regions(
            rows, width=config.max_concurrency, min_gain=config.min_gain_ms, raising=raising,
            start_ms=THREAD_MS,
        )  # fmt: skip
        facts = self.inference.facts
        found = tuple(r for r in found
                      if not self._one_at_a_time(r, facts(own[r.first][0][1]).name))  # fmt: skip
        calls = [a or b for a, b in zip(own, near, strict=True)]
        notes = tuple(self._notes(site, calls, rows, found, forbidden))
        stays = {r.first: own[r.first][0][1] for r in found}
        waits = {call.id: self._waits(call) for calls in own for _, call in calls}
        return Plan(site, tuple(rows), prints, found, notes, around, {}, stays, waits)

    def _waits(self, call: Call) -> float:
        return self.planner.sites.threads.waits(self.inference, call)

    def _near(self, statement: Statement) -> list[tuple[int, Call]]:
        """Calls that wait long, and that no declaration allows threads to make."""
        if statement.blocks or statement.kind in NO_MEMBER:
            return []
        calls = [e.call for e in statement.events if isinstance(e, Invoke) and not e.call.awaited]
        return [(i, call) for i, call in enumerate(calls) if self._waits_long(call)]

    def _waits_long(self, call: Call) -> bool:
        facts = self.inference.facts(call)
        if facts.entry is None:
            return self._waits(call) >= _LONG_MS
        made = facts.entry.is_async or facts.entry.awaitable
        known = facts.known and not facts.everything and not facts.threads and not made
        return known and bool(set(facts.domains) - _HERE) and latency_of(facts)[0] >= _LONG_MS

    def _one_at_a_time(self, region: Region, first: str) -> bool:
        return self.planner.one_at_a_time([first, *(m.facts.name for m in region.moved)])

    def _start(
        self,
        site: Site,
        i: int,
        prints: Sequence[Footprint],
        own: Sequence[tuple[int, Call]],
        forbidden: Edge | None,
    ) -> Start:
        """How early the blocking call of statement ``i`` may be made in a thread."""
        member, edge = thread_member(self.planner.sites, site, i)
        waits = self._waits(own[0][1]) if len(own) == 1 else 0.0
        if member is None:
            return Start(None, i, i, edge, waits=waits)
        if forbidden is not None:
            return Start(None, i, i, forbidden, waits=waits)
        statements, around = site.block.statements, self.planner.sites.surroundings(site)

        def pair(k: int, earlier: Footprint) -> Pair:
            return Pair(statements[k], earlier, member, around, self.footprints)

        edge = blocking(pair(i, member.before), THREAD_FINDERS)
        if edge is not None:
            return Start(None, i, i, edge, waits=waits)
        limit, strict, early = i, None, None
        if visible_early(pair(i, member.before)):
            strict = i
        for k in range(i - 1, max(-1, i - WINDOW), -1):
            edge = blocking(pair(k, prints[k]), THREAD_FINDERS)
            if edge is not None:
                break
            if strict is None and (early := visible_early(pair(k, prints[k]))) is not None:
                strict = k + 1
            limit = k
        strict = limit if strict is None else max(strict, limit)
        return Start(member, limit, strict, edge, early, waits)

    def _notes(
        self,
        site: Site,
        own: Sequence[Sequence[tuple[int, Call]]],
        rows: Sequence[Row],
        found: Sequence[Region],
        forbidden: Edge | None,
    ) -> Iterator[Note]:
        """Each call that stays behind an earlier one, and why."""
        from .blocks import Note

        statements = site.block.statements
        moved = {m.index for r in found for m in r.moved}
        covered = {i for r in found for i in range(r.first, r.last + 1)}
        previous: int | None = None
        for i, row in enumerate(rows):
            if not own[i]:
                continue
            if previous is not None and i not in moved and not {i, previous} <= covered:
                edge = forbidden or self._held(own[i][0][1], row, rows, statements, i, previous)
                name = self.inference.facts(own[i][0][1]).name
                yield Note(statements[i], name, statements[previous], edge, own[i][0][1])
            previous = i

    def _held(
        self,
        call: Call,
        row: Row,
        rows: Sequence[Row],
        statements: Sequence[Statement],
        i: int,
        previous: int,
    ) -> Edge:
        start, line = row.only, statements[previous].span.line
        if start.member is None and start.edge is None:
            refused = self.planner.sites.threads.refused(self.inference, call)
            if self.inference.facts(call).entry is None:
                words = f"threads may not make it: {refused}"
                return Edge(EdgeKind.AFFINE, words, statements[i].span.line)
            words = "no declaration says that threads may make the call beside others " \
                    '(`threads = "safe"`)'  # fmt: skip
            return Edge(EdgeKind.AFFINE, words, statements[i].span.line)
        if start.edge is not None and (start.member is None or start.limit > previous):
            return start.edge
        if not row.solo or not rows[previous].solo:
            words = "it shares its line, or its block is run together already"
            return Edge(EdgeKind.CONTROL, words, line)
        if start.member is not None and start.member.risks:
            if start.early is not None and start.strict > previous:
                return start.early
            words = f"its arguments may raise, and so may line {line} before"
            return Edge(EdgeKind.FAILURE, words, line)
        gain = self.planner.config.min_gain_ms
        if min(row.waits, rows[previous].waits) - THREAD_MS >= gain:
            words = f"beside line {line} it would gain less than the batches that are made instead"
            return Edge(EdgeKind.GAIN, words, line)
        words = f"in a thread beside line {line} it would not save " \
                f"{gain:g} ms"  # fmt: skip
        return Edge(EdgeKind.GAIN, words, line)


def thread_plans(planner: Planner, taken: frozenset[int], holding: frozenset[int]) -> list[Plan]:
    """A plan for every block of a module that makes two blocking calls or more.

    Loops and comprehensions of such calls become plans of the planner's, of which no batch holds a
    part. Inner blocks come first: a statement that holds a pool of its own is no part of another.
    Callees come before their callers, for the same reason.
    ``taken``: statements that are run together already, with all that is in them; ``holding``:
    those that hold such ones.
    """
    threads = Threads(planner)
    held = set(taken | holding)
    loops = LoopBlocks(planner, held, threads=True)
    found: list[Plan] = []
    rank = callees_first(planner.inference)
    every = sorted(
        planner.sites.all(blocking=True), key=lambda s: (rank(s.function), -len(s.parents))
    )
    for site in every:
        if any(id(parent) in taken for parent, _ in site.parents):
            continue
        loops.plan_in(site)
        plan = threads.plan(site, frozenset(held))
        if plan is None:
            continue
        if plan.regions and loops.gains_more(site, plan.regions):
            plan = replace(plan, regions=())
        found.append(plan)
        if plan.regions:
            held.update(id(parent) for parent, _ in site.parents)
            planner.sites.threads.busy.add(site.function.scope)
    return sorted(found, key=lambda p: p.site.block.statements[0].span.start)
