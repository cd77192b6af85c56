"""Blocking calls → regions whose later calls run in threads beside the first one (PX102).

Nothing is moved but the calls: the first call and all statements between stay where they are, and
each later call is started before them and its result taken where it stood. In a coroutine the first
call may be an awaited one. Threads cannot be cancelled, so what may run in vain has to be harmless,
and all threads end before the block does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .dependence import blocking, early_raise, visible_early
from .edges import Edge, EdgeKind, Member, Pair
from .footprint import Footprint
from .gathering import callees_first
from .ir import Call, Invoke, Statement
from .latency import latency_of
from .limits import HERE, limits_of, limits_of_any, shared, words_of
from .loop_blocks import LoopBlocks
from .members import NO_MEMBER, awaited_in, member_of, risk_key, risks_of, shown
from .schedule import WINDOW, Region, Row, Start, regions
from .sites import Site
from .thread_members import (
    THREAD_FINDERS,
    THREAD_MS,
    blocking_in,
    kept_out,
    loop_edge,
    thread_members,
)

if TYPE_CHECKING:
    from .block_notes import Note
    from .blocks import Plan, Planner

#: A call that waits less is not worth a note that it could be declared.
_LONG_MS = 50.0


class Threads:
    """Plans the blocking calls of a module's blocks."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.inference = planner.inference
        self.footprints = planner.footprints

    def plan(self, site: Site, taken: frozenset[int]) -> Plan | None:
        """The plan of a block that makes two such calls or more, or one beside an awaited call.

        ``taken``: statements that hold, or are part of, something that is run together already.
        """
        from .blocks import Plan

        statements, planner = site.block.statements, self.planner
        own = [blocking_in(planner.sites, site.function, s) for s in statements]
        near = [[] if own[i] else self._near(s) for i, s in enumerate(statements)]
        waits = [[] if own[i] else _awaited(site, s) for i, s in enumerate(statements)]
        blocking_calls = sum(map(len, own))
        beside = min(blocking_calls, 1) * sum(map(bool, waits))
        if blocking_calls + sum(map(bool, near)) + beside < 2:
            return None
        forbidden = planner.sites.forbidden(site) or kept_out(self.inference, site)
        around = planner.sites.surroundings(site)
        prints = tuple(self.footprints.of(s) for s in statements)
        rows: list[Row] = []
        for i, statement in enumerate(statements):
            starts = self._starts(site, i, prints, own[i], forbidden)
            calls = {call.id for _, call in (*own[i], *waits[i])}
            events = [e for e in statement.events
                      if not (isinstance(e, Invoke) and e.call.id in calls)]  # fmt: skip
            bound = planner.sites.bound_at(site, i)
            known = shown(statements, i, self.footprints, own=False)
            risk = any(risk_key(e) not in known for e in risks_of(events, self.footprints, bound))
            solo = statement.solo and id(statement) not in taken
            waited = sum(start.waits for start in starts)
            waited += self.footprints.waits(call for _, call in waits[i])
            several = tuple(starts) if len(starts) > 1 else ()
            limits = () if own[i] else limits_of_any(self.inference, prints[i].calls)
            only = Start(None, i, i, None, waits=waited, limits=limits)
            only = starts[0] if len(starts) == 1 else only
            rows.append(Row(waited, only, solo, risk, several=several))
        raising = [planner.raising(i, statements, rows) for i in range(len(rows))]
        config = planner.config
        found = () if forbidden else regions(
            rows, width=config.max_concurrency, min_gain=config.min_gain_ms, raising=raising,
            start_ms=THREAD_MS,
        )  # fmt: skip
        stays = {r.first: (own[r.first] or waits[r.first])[0][1] for r in found}
        calls = [a or b for a, b in zip(own, near, strict=True)]
        notes = (*self._notes(site, calls, rows, found, forbidden),
                 *self._behind(site, own, waits, rows, found))  # fmt: skip
        blocks = {call.id: self._waits(call) for calls in own for _, call in calls}
        blocks |= {c.id: self.footprints.waits([c]) for calls in waits for _, c in calls}
        return Plan(site, tuple(rows), prints, found, notes, around, {}, stays, blocks)

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
        return known and bool(set(facts.domains) - HERE) and latency_of(facts)[0] >= _LONG_MS

    def _starts(
        self,
        site: Site,
        i: int,
        prints: Sequence[Footprint],
        own: Sequence[tuple[int, Call]],
        forbidden: Edge | None,
    ) -> list[Start]:
        """How early each blocking call of statement ``i`` may be made in a thread."""
        found: list[Start] = []
        members = thread_members(self.planner.sites, site, i)
        for (member, edge), (_, call) in zip(members, own, strict=True):
            if member is None or forbidden is not None:
                start = Start(None, i, i, forbidden if member is not None else edge)
            else:
                start = self._start(site, member, prints)
            limits = limits_of(self.inference, call)
            found.append(replace(start, waits=self._waits(call), limits=limits))
        return found

    def _start(self, site: Site, member: Member, prints: Sequence[Footprint]) -> Start:
        """How early a call may be made in a thread."""
        i = member.index
        here = i + 1 if member.ordinal else i  # a later call may start before the earlier ones
        statements, around = site.block.statements, self.planner.sites.surroundings(site)

        def pair(k: int, earlier: Footprint) -> Pair:
            return Pair(statements[k], earlier, member, around, self.footprints)

        here_before = pair(i, member.before)
        edge = blocking(here_before, THREAD_FINDERS) or loop_edge(here_before)
        if edge is not None:
            return Start(None, here, here, edge)
        limit, strict = i, None
        early = early_raise(here_before)
        if early is not None:
            strict = here
        for k in range(i - 1, max(-1, i - WINDOW), -1):
            earlier = pair(k, prints[k])
            edge = blocking(earlier, THREAD_FINDERS) or loop_edge(earlier)
            if edge is not None:
                break
            if strict is None and (early := visible_early(earlier)) is not None:
                strict = k + 1
            limit = k
        strict = limit if strict is None else max(strict, limit)
        return Start(member, limit, strict, edge, early)

    def _notes(
        self,
        site: Site,
        own: Sequence[Sequence[tuple[int, Call]]],
        rows: Sequence[Row],
        found: Sequence[Region],
        forbidden: Edge | None,
    ) -> Iterator[Note]:
        """Each call that stays behind an earlier one, and why."""
        from .block_notes import Note

        statements = site.block.statements
        moved = {m.key for r in found for m in r.moved}
        covered = {i for r in found for i in range(r.first, r.last + 1)}
        # of a call for each element the loop planner has said what there is to say
        of_turns = {call.id for one in self.planner.module.comprehensions for call in one.calls}
        previous: int | None = None
        for i, row in enumerate(rows):
            if not own[i]:
                previous = i if row.waits > 0 else previous
                continue
            call, name = own[i][0][1], self.inference.facts(own[i][0][1]).name
            if previous is not None and (i, 0) not in moved and not {i, previous} <= covered:
                edge = forbidden or self._held(call, row.starts[0], rows, statements, i, previous)
                yield Note(statements[i], name, statements[previous], edge, call)
            for ordinal, start in enumerate(row.several[1:], 1):
                call = own[i][ordinal][1]
                if (i, ordinal) in moved or call.id in of_turns or _made_of(call, own[i]):
                    continue
                edge = forbidden or self._held(call, start, rows, statements, i, i)
                name = self.inference.facts(call).name
                yield Note(statements[i], name, statements[i], edge, call)
            previous = i

    def _behind(
        self,
        site: Site,
        own: Sequence[Sequence[tuple[int, Call]]],
        waits: Sequence[Sequence[tuple[int, Call]]],
        rows: Sequence[Row],
        found: Sequence[Region],
    ) -> Iterator[Note]:
        """The first awaited call of a block, if it stays behind a blocking one."""
        from .blocks import Note

        i = next((i for i, calls in enumerate(waits) if calls), 0)
        k = next((k for k in range(i - 1, -1, -1) if own[k]), None)
        if k is None or any(r.first <= k and i <= r.last for r in found):
            return
        if min(rows[i].waits, rows[k].waits) < self.planner.config.min_gain_ms:
            return
        statements, line = site.block.statements, site.block.statements[k].span.line
        bound = self.planner.sites.bound_at(site, i)
        member, edge = member_of(i, statements[i], self.footprints, bound)
        around = self.planner.sites.surroundings(site)
        if member is not None:
            earlier = self.footprints.of(statements[k])
            pair = Pair(statements[k], earlier, member, around, self.footprints)
            edge = blocking(pair, THREAD_FINDERS)
        blocks, name = (self.inference.facts(c).name for c in (own[k][0][1], waits[i][0][1]))
        words = f"line {line} holds the event loop (`{blocks}`): nothing could begin beside it " \
                "unless it waited there, and were atomic for other tasks no more"  # fmt: skip
        edge = edge or Edge(EdgeKind.SLEEP, words, line)
        yield Note(statements[i], name, statements[k], edge, waits[i][0][1])

    def _held(
        self,
        call: Call,
        start: Start,
        rows: Sequence[Row],
        statements: Sequence[Statement],
        i: int,
        previous: int,
    ) -> Edge:
        line, row = statements[previous].span.line, rows[i]
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
        limit = shared(rows[previous].only.limits, start.limits)
        if limit is not None:
            return Edge(EdgeKind.GAIN, words_of(limit), line)
        gain = self.planner.config.min_gain_ms
        before = rows[previous].waits - (start.waits if i == previous else 0.0)
        if min(start.waits, before) - THREAD_MS >= gain:
            words = f"beside line {line} it would gain less than the batches that are made instead"
            return Edge(EdgeKind.GAIN, words, line)
        words = f"in a thread beside line {line} it would not save " \
                f"{gain:g} ms"  # fmt: skip
        return Edge(EdgeKind.GAIN, words, line)


def _awaited(site: Site, statement: Statement) -> list[tuple[int, Call]]:
    """The awaited calls of a statement that may stay in its place beside threads."""
    return awaited_in(statement) if site.function.is_async else []


def _made_of(call: Call, calls: Sequence[tuple[int, Call]]) -> bool:
    """Does another one of these calls give what a call is made on, or handed?"""
    inner = {event.call.id for event in call.setup if isinstance(event, Invoke)}
    return any(other.id in inner for _, other in calls)


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
        (s for s in planner.sites.all(blocking=True) if s.block.role != "header"),
        key=lambda s: (rank(s.function), -len(s.parents)),
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
