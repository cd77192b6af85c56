"""Blocks → plans: which batches stand where, which calls they hold, and what blocks others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .chain_links import Chain, Links
from .dependence import blocking, early_raise, visible_early
from .edges import Edge, EdgeKind, Member, Pair, Surroundings
from .effects.inference import Inference
from .effects.selector import Name
from .footprint import Footprint, Footprints
from .gathering import callees_first
from .ir import Call, Invoke, Statement
from .loop_blocks import LoopBlocks
from .members import (
    awaited_in,
    member_of,
    nameable,
    own_risk,
    risk_key,
    several_of,
    shown,
    unnameable,
)
from .schedule import WINDOW, Region, Row, Start, regions
from .screen_threads import may_hold_threads, threaded
from .sites import Site, Sites
from .threads import thread_plans
from .turn_plans import LoopNote, LoopPlan


@dataclass(frozen=True, slots=True)
class Note:
    """An awaited call that stays behind an earlier one, and the edge that holds it there.

    ``call``: which call of its statement, where that awaits several.
    """

    statement: Statement
    name: str
    earlier: Statement
    edge: Edge
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned for one block."""

    site: Site
    rows: tuple[Row, ...]
    footprints: tuple[Footprint, ...]
    regions: tuple[Region, ...]
    notes: tuple[Note, ...]
    around: Surroundings
    # Per region: what cannot raise when it begins, with and without its first statement's own.
    shown: Mapping[int, tuple[frozenset[object], frozenset[object]]]
    stays: Mapping[int, Call] = field(default_factory=dict[int, Call])  # a blocking first call
    waits: Mapping[int, float] = field(default_factory=dict[int, float])  # of blocking calls


#: The shapes of opportunities that are planned together; a region is of one of them.
SHAPES = frozenset({"PX101", "PX105", "PX106"})


class Planner:
    """Plans every block of a module."""

    def __init__(
        self, inference: Inference, *, unsafe: bool = False, shapes: frozenset[str] | None = None
    ) -> None:
        """``shapes``: the rules to plan for; those that are selected, or all where none is."""
        self.inference = inference
        self.module = inference.module
        self.config = inference.config
        self.unsafe = unsafe
        self.footprints = Footprints(inference)
        shapes = shapes or SHAPES & self.config.select or SHAPES
        self.statements = "PX101" in shapes
        self.expressions = "PX105" in shapes
        self.chains = "PX106" in shapes
        self.holding: set[int] = set()  # statements with a region inside
        self.sites = Sites(inference, self.footprints, unsafe=unsafe)
        self.loops: list[LoopPlan] = []
        self.loop_notes: list[LoopNote] = []
        self.threads: list[Plan] = []

    def plans(self) -> list[Plan]:
        """A plan for every block that awaits two calls or more, in source order.

        Inner blocks come first: a statement that holds a batch of its own is no part of another.
        Callees come before their callers: what runs calls together is not run together itself.
        """
        found: list[Plan] = []
        loops = LoopBlocks(self, self.holding)
        rank = callees_first(self.inference)
        for site in sorted(self.sites.all(), key=lambda s: (rank(s.function), -len(s.parents))):
            loops.plan_in(site)
            if sum(_calls(s) for s in site.block.statements) >= 2:
                plan = self._plan(site, self.sites.forbidden(site))
                if plan.regions and loops.gains_more(site, plan.regions):
                    plan = replace(plan, regions=())
                found.append(plan)
                if plan.regions:
                    self.holding.update(id(parent) for parent, _ in site.parents)
                    loops.loops.turning.busy.add(site.function.scope)
        notebook = any(f.block.part == "frame" for f in self.module.functions if not f.name)
        text = self.inference.text.encode(errors="replace")
        if not notebook and may_hold_threads(text, threaded(self.config)):
            taken = {id(p.site.block.statements[i]) for p in found for r in p.regions
                     for i in range(r.first, r.last + 1)}  # fmt: skip
            taken |= {id(loop.statement) for loop in self.loops}
            self.threads = thread_plans(self, frozenset(taken), frozenset(self.holding))
        return sorted(found, key=lambda p: p.site.block.statements[0].span.start)

    def _plan(self, site: Site, forbidden: Edge | None) -> Plan:
        around = self.sites.surroundings(site)
        statements = site.block.statements
        prints = tuple(self.footprints.of(s) for s in statements)
        rows: list[Row] = []
        for i, statement in enumerate(statements):
            row = self._row(site, i, prints, around, forbidden)
            holding = id(statement) in self.holding or self._gathers_inside(statement)
            rows.append(replace(row, solo=False) if holding else row)
        raising = [self.raising(i, statements, rows) for i in range(len(rows))]
        found = () if forbidden else regions(
            rows, width=self.config.max_concurrency, min_gain=self.config.min_gain_ms,
            raising=raising, chains=self._chains(site, rows, prints, around),
        )  # fmt: skip
        found = tuple(r for r in found if not self._one_at_a_time(r, statements[r.first]))
        notes = tuple(self._notes(statements, rows, found, forbidden))
        known = {
            r.first: (
                frozenset(shown(statements, r.first, self.footprints)),
                frozenset(shown(statements, r.first, self.footprints, own=False)),
            )
            for r in found
        }
        return Plan(site, tuple(rows), prints, found, notes, around, known)

    def _chains(
        self, site: Site, rows: Sequence[Row], prints: Sequence[Footprint], around: Surroundings
    ) -> dict[int, list[Chain]]:
        """The chains of a block, by the statement at which each ends."""
        if not self.chains or not site.function.name or sum(r.waits > 0 for r in rows) < 2:
            return {}
        links = Links(self, site, prints, around)
        solo = frozenset(i for i, row in enumerate(rows) if row.solo)
        found = {
            k: links.ending_at(k, row.member, solo)
            for k, row in enumerate(rows)
            if k > 0 and row.waits > 0 and row.solo
        }
        return {k: chains for k, chains in found.items() if chains}

    def _gathers_inside(self, statement: Statement) -> bool:
        """Does a compound statement hold a `gather`, perhaps the plain form of an earlier run?

        It is treated like one that is about to get a batch, so that a second run changes nothing.
        """
        calls = self.footprints.of(statement).calls if statement.blocks else ()
        return any(c.awaited and self.inference.facts(c).name == "asyncio.gather" for c in calls)

    def _row(
        self,
        site: Site,
        i: int,
        prints: Sequence[Footprint],
        around: Surroundings,
        forbidden: Edge | None,
    ) -> Row:
        statements = site.block.statements
        statement, bound = statements[i], self.sites.bound_at(site, i)
        waits = self.footprints.waits(prints[i].calls)
        risk = not around.ends and own_risk(statements, i, self.footprints, bound)
        starts = [
            self._start(found, statements, i, prints, around, forbidden)
            for found in several_of(i, statement, self.footprints, bound)
        ]
        if starts and self.expressions:
            only = Start(None, i, i, None, waits=waits)
            return Row(waits, only, statement.solo, risk, several=tuple(starts))
        found = member_of(i, statement, self.footprints, bound)
        only = self._start(found, statements, i, prints, around, forbidden)
        only = replace(only, waits=waits)
        return Row(waits, only, statement.solo, risk, nameable(found[0], prints[i]))

    def _start(
        self,
        found: tuple[Member | None, Edge | None],
        statements: Sequence[Statement],
        i: int,
        prints: Sequence[Footprint],
        around: Surroundings,
        forbidden: Edge | None,
    ) -> Start:
        """How early a call of statement ``i`` may start."""
        member, edge = found
        if member is None:
            return Start(None, i, i, edge)
        here = i + 1 if member.ordinal else i  # a later call may start before the earlier ones
        waits = self.footprints.waits([member.call])

        def pair(k: int, earlier: Footprint) -> Pair:
            return Pair(statements[k], earlier, member, around, self.footprints)

        own = pair(i, member.before)
        blocked = blocking(own)
        if blocked is not None or forbidden is not None:
            return Start(None, here, here, forbidden or blocked, waits=waits)
        limit, edge = i, None
        strict = here if early_raise(own) else None
        for k in range(i - 1, max(-1, i - WINDOW), -1) if self.statements else ():
            edge = blocking(pair(k, prints[k]))
            if edge is not None:
                break
            if strict is None and visible_early(pair(k, prints[k])) is not None:
                strict = k + 1
            limit = k
        early = None
        if strict is not None and strict > limit:
            seen = prints[strict - 1] if strict <= i else member.before
            early = visible_early(pair(min(strict - 1, i), seen))
        if member.risks and unnameable(member):
            strict = here
        strict = limit if strict is None else max(strict, limit)
        return Start(member, limit, strict, edge, early, waits)

    def raising(
        self, first: int, statements: Sequence[Statement], rows: Sequence[Row]
    ) -> frozenset[tuple[int, int]]:
        """The members whose arguments may raise if they are evaluated before ``first``."""
        known = shown(statements, first, self.footprints)
        return frozenset(
            start.member.key
            for k in range(first, min(len(rows), first + WINDOW))
            for start in rows[k].starts
            if start.member is not None
            and any(risk_key(e) not in known for e in start.member.risks)
        )

    def _one_at_a_time(self, region: Region, first: Statement) -> bool:
        """One server that handles one request at a time gains nothing (contract §6)."""
        awaited = awaited_in(first)
        if not awaited:
            return False
        called = self.inference.facts(awaited[0][1]).name
        return self.one_at_a_time([called, *(m.facts.name for m in region.moved)])

    def one_at_a_time(self, names: Sequence[str]) -> bool:
        """Do calls of these names go to something that handles one at a time?"""
        from fnmatch import fnmatchcase

        return any(
            limit.max_concurrency == 1 and all(fnmatchcase(n, limit.match) for n in names)
            for limit in self.config.limits
        )

    def _notes(
        self,
        statements: Sequence[Statement],
        rows: Sequence[Row],
        found: Sequence[Region],
        forbidden: Edge | None,
    ) -> Iterator[Note]:
        moved = {m.key for r in found for m in r.moved}
        covered = {i for r in found for i in range(r.first, r.last + 1)}
        previous: int | None = None
        for i, row in enumerate(rows):
            if not _awaited(statements[i]):
                continue
            start = row.starts[0]
            if (
                previous is not None
                and (i, 0) not in moved
                and not (i in covered and previous in covered)
            ):
                edge = forbidden or self._nearest(start, previous)
                edge = edge or self._no_gain(statements, rows, i, previous)
                if edge.kind is EdgeKind.UNKNOWN:
                    edge = self._needed(statements, previous, i) or edge
                if start.member is not None or start.edge is not None or forbidden is not None:
                    name = start.member.facts.name if start.member else self._name(statements[i])
                    yield Note(statements[i], name, statements[previous], edge)
            for ordinal, later in enumerate(row.several[1:], 1):
                call = awaited_in(statements[i])[ordinal][1]
                if (i, ordinal) not in moved and not _waits_first(call):
                    edge = forbidden or self._nearest(later, i)
                    edge = edge or self._no_gain_within(statements[i], row, later)
                    name = self.inference.facts(call).name
                    yield Note(statements[i], name, statements[i], edge, call)
            previous = i

    @staticmethod
    def _nearest(start: Start, previous: int) -> Edge | None:
        """The edge that keeps a call behind an earlier statement; further up, others may."""
        if start.member is None or start.limit > previous:
            return start.edge
        return start.early if start.member.risks and start.strict > previous else None

    def _no_gain_within(self, statement: Statement, row: Row, start: Start) -> Edge:
        """Why a call stays behind an earlier one of its own statement, if no edge holds it."""
        line = statement.span.line
        if not row.solo:
            return Edge(EdgeKind.CONTROL, "it shares its line with another statement", line)
        if start.member is not None and start.member.risks and row.risk:
            words = f"its arguments may raise, and so may line {line} before"
            return Edge(EdgeKind.FAILURE, words, line)
        return Edge(EdgeKind.GAIN, f"it would not save {self.config.min_gain_ms:g} ms", line)

    def _needed(self, statements: Sequence[Statement], previous: int, i: int) -> Edge | None:
        """A flow edge if the call needs the earlier call's result: then no declaration helps."""
        calls = [e.call for e in statements[i].events if isinstance(e, Invoke) and e.call.awaited]
        if not calls:
            return None
        needed = _names(self.footprints.of_events(calls[0].setup), writes=False)
        for k in range(i - 1, previous - 1, -1):
            defined = _names(self.footprints.of(statements[k]), writes=True)
            if defined & needed:
                if k == previous:
                    name = min(defined & needed).rpartition(":")[2]
                    line = statements[k].span.line
                    words = f"`{self._name(statements[i])}` needs `{name}` of line {line}"
                    return Edge(EdgeKind.FLOW, words, line)
                needed |= _names(self.footprints.of(statements[k]), writes=False)
        return None

    def _no_gain(
        self, statements: Sequence[Statement], rows: Sequence[Row], i: int, previous: int
    ) -> Edge:
        row = rows[i]
        if row.starts[0].member is None:
            words = "it awaits several calls, or in a nested block"
            return Edge(EdgeKind.GAIN, words, statements[previous].span.line)
        line = statements[previous].span.line
        if not row.solo or not statements[previous].solo:
            return Edge(EdgeKind.CONTROL, "it shares its line with another statement", line)
        firm = [k for k in range(previous, i) if rows[k].risk and not rows[k].nameable]
        if row.starts[0].member.risks and firm:
            other = statements[firm[0]].span.line
            words = f"its arguments may raise, and so may line {other}, which is first"
            return Edge(EdgeKind.FAILURE, words, other)
        before = self.footprints.of(statements[previous])
        saved = min(row.waits, self.footprints.waits(before.calls))
        if row.starts[0].limit <= previous and saved >= self.config.min_gain_ms:
            words = f"beside line {line} it would gain less than the batches that are made instead"
            return Edge(EdgeKind.GAIN, words, line)
        words = f"run beside line {line} it would not save {self.config.min_gain_ms:g} ms"
        return Edge(EdgeKind.GAIN, words, line)

    def _name(self, statement: Statement) -> str:
        for event in statement.events:
            if isinstance(event, Invoke) and event.call.awaited:
                return self.inference.facts(event.call).name
        return "await"


def _names(footprint: Footprint, *, writes: bool) -> set[str]:
    return {
        e.resource.selector.symbol
        for e in footprint.effects
        if e.writes == writes and isinstance(e.resource.selector, Name)
    }


def _awaited(statement: Statement) -> int:
    return sum(isinstance(e, Invoke) and e.call.awaited for e in statement.events)


def _calls(statement: Statement) -> int:
    """How many calls of a block a statement counts for: what it holds in its own blocks is one."""
    return min(_awaited(statement), 1) if statement.blocks else _awaited(statement)


def _waits_first(call: Call) -> bool:
    """Is another call awaited for what it is called on, or handed?"""
    return any(isinstance(e, Invoke) and e.call.awaited for e in call.setup)
