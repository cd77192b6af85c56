"""Blocks → plans: which batches stand where, which calls they hold, and what blocks others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .bound import Bound
from .comprehension_plans import Comprehensions
from .dependence import blocking, early_raise, visible_early
from .edges import Edge, EdgeKind, Member, Pair, Surroundings
from .effects.inference import Inference
from .effects.selector import Name
from .footprint import Footprint, Footprints
from .gathering import callees_first
from .ir import Invoke, Statement
from .loops import Loops
from .members import member_of, nameable, own_risk, risk_key, shown, unnameable
from .schedule import WINDOW, Region, Row, regions
from .sites import Site, Sites
from .turn_plans import LoopNote, LoopPlan


@dataclass(frozen=True, slots=True)
class Note:
    """An awaited call that stays behind an earlier one, and the edge that holds it there."""

    statement: Statement
    name: str
    earlier: Statement
    edge: Edge


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


class Planner:
    """Plans every block of a module."""

    def __init__(self, inference: Inference, *, unsafe: bool = False) -> None:
        self.inference = inference
        self.module = inference.module
        self.config = inference.config
        self.unsafe = unsafe
        self.footprints = Footprints(inference)
        self._holding: set[int] = set()  # statements with a region inside
        self.sites = Sites(inference, self.footprints, unsafe=unsafe)
        self.loops: list[LoopPlan] = []
        self.loop_notes: list[LoopNote] = []

    def plans(self) -> list[Plan]:
        """A plan for every block that awaits two calls or more, in source order.

        Inner blocks come first: a statement that holds a batch of its own is no part of another.
        Callees come before their callers: what runs calls together is not run together itself.
        """
        found: list[Plan] = []
        loops = Loops(self)
        rank = callees_first(self.inference)
        for site in sorted(self.sites.all(), key=lambda s: (rank(s.function), -len(s.parents))):
            self._plan_loops(site, loops)
            if sum(_awaits(s) for s in site.block.statements) >= 2:
                plan = self._plan(site, self.sites.forbidden(site))
                found.append(plan)
                if plan.regions:
                    self._holding.update(id(parent) for parent, _ in site.parents)
                    loops.turning.busy.add(site.function.scope)
        return sorted(found, key=lambda p: p.site.block.statements[0].span.start)

    def _plan_loops(self, site: Site, loops: Loops) -> None:
        """Plan the loops of a block; one that holds a batch of its own stays as it is."""
        comprehensions = Comprehensions(self, loops.turning)
        for i, statement in enumerate(site.block.statements):
            found = None
            if id(statement) in self._holding:
                continue
            if statement.kind in ("For", "While") and "PX103" in self.config.select:
                found = loops.plan(site, i)
            if found is None and self.module.comprehensions and "PX104" in self.config.select:
                found = comprehensions.plan(site, i)
            if isinstance(found, LoopPlan):
                self.loops.append(found)
                self._holding.update(id(s) for s in (statement, *(p for p, _ in site.parents)))
                loops.turning.busy.add(site.function.scope)
            elif found is not None:
                self.loop_notes.append(found)

    def _plan(self, site: Site, forbidden: Edge | None) -> Plan:
        around = self.sites.surroundings(site)
        statements = site.block.statements
        prints = tuple(self.footprints.of(s) for s in statements)
        rows: list[Row] = []
        members: list[Member | None] = []
        for i, statement in enumerate(statements):
            bound = self.sites.bound_at(site, i)
            member, edge = member_of(i, statement, self.footprints, bound)
            members.append(member)
            row = self._row(i, statements, prints, around, members, edge, forbidden, bound)
            holding = id(statement) in self._holding or self._gathers_inside(statement)
            rows.append(replace(row, solo=False) if holding else row)
        raising = [self._raising(i, statements, rows) for i in range(len(rows))]
        found = () if forbidden else regions(
            rows, width=self.config.max_concurrency, min_gain=self.config.min_gain_ms,
            raising=raising,
        )  # fmt: skip
        found = tuple(r for r in found if not self._one_at_a_time(r, rows))
        notes = tuple(self._notes(statements, rows, found, forbidden))
        known = {
            r.first: (
                frozenset(shown(statements, r.first, self.footprints)),
                frozenset(shown(statements, r.first, self.footprints, own=False)),
            )
            for r in found
        }
        return Plan(site, tuple(rows), prints, found, notes, around, known)

    def _gathers_inside(self, statement: Statement) -> bool:
        """Does a compound statement hold a `gather`, perhaps the plain form of an earlier run?

        It is treated like one that is about to get a batch, so that a second run changes nothing.
        """
        calls = self.footprints.of(statement).calls if statement.blocks else ()
        return any(c.awaited and self.inference.facts(c).name == "asyncio.gather" for c in calls)

    def _row(
        self,
        i: int,
        statements: Sequence[Statement],
        prints: Sequence[Footprint],
        around: Surroundings,
        members: Sequence[Member | None],
        edge: Edge | None,
        forbidden: Edge | None,
        bound: Bound,
    ) -> Row:
        statement, member = statements[i], members[i]
        waits = self.footprints.waits(prints[i].calls)
        risk = not around.ends and own_risk(statements, i, self.footprints, bound)
        fixable = nameable(member, prints[i])
        if member is None:
            return Row(waits, None, i, i, edge, statement.solo, risk)

        def pair(k: int, earlier: Footprint) -> Pair:
            return Pair(statements[k], earlier, member, around, self.footprints)

        own = pair(i, member.before)
        blocked = blocking(own)
        if blocked is not None or forbidden is not None:
            return Row(waits, None, i, i, forbidden or blocked, statement.solo, risk, fixable)
        limit, edge = i, None
        strict = i if early_raise(own) else None
        for k in range(i - 1, max(-1, i - WINDOW), -1):
            edge = blocking(pair(k, prints[k]))
            if edge is not None:
                break
            if strict is None and visible_early(pair(k, prints[k])) is not None:
                strict = k + 1
            limit = k
        early = None
        if strict is not None and strict > limit:
            early = visible_early(pair(strict - 1, prints[strict - 1]))
        if member.risks and unnameable(member):
            strict = i
        strict = limit if strict is None else max(strict, limit)
        return Row(waits, member, limit, strict, edge, statement.solo, risk, fixable, early)

    def _raising(
        self, first: int, statements: Sequence[Statement], rows: Sequence[Row]
    ) -> frozenset[int]:
        known = shown(statements, first, self.footprints)
        found: set[int] = set()
        for k in range(first + 1, min(len(rows), first + WINDOW)):
            member = rows[k].member
            if member is not None and any(risk_key(e) not in known for e in member.risks):
                found.add(k)
        return frozenset(found)

    def _one_at_a_time(self, region: Region, rows: Sequence[Row]) -> bool:
        """One server that handles one request at a time gains nothing (contract §6)."""
        from fnmatch import fnmatchcase

        first = rows[region.first].member
        if first is None:
            return False
        names = [m.facts.name for m in (first, *region.moved)]
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
        moved = {m.index for r in found for m in r.moved}
        covered = {i for r in found for i in range(r.first, r.last + 1)}
        previous: int | None = None
        for i, row in enumerate(rows):
            if not _awaits(statements[i]):
                continue
            if (
                previous is not None
                and i not in moved
                and not (i in covered and previous in covered)
            ):
                edge = forbidden or self._nearest(row, previous)
                edge = edge or self._no_gain(statements, rows, i, previous)
                if edge.kind is EdgeKind.UNKNOWN:
                    edge = self._needed(statements, previous, i) or edge
                if row.member is not None or row.edge is not None or forbidden is not None:
                    name = (
                        row.member.facts.name if row.member else self._awaited_name(statements[i])
                    )
                    yield Note(statements[i], name, statements[previous], edge)
            previous = i

    @staticmethod
    def _nearest(row: Row, previous: int) -> Edge | None:
        """The edge that keeps a call behind an earlier statement; further up, others may."""
        if row.member is None or row.limit > previous:
            return row.edge
        return row.early if row.member.risks and row.strict > previous else None

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
                    words = f"`{self._awaited_name(statements[i])}` needs `{name}` of line {line}"
                    return Edge(EdgeKind.FLOW, words, line)
                needed |= _names(self.footprints.of(statements[k]), writes=False)
        return None

    def _no_gain(
        self, statements: Sequence[Statement], rows: Sequence[Row], i: int, previous: int
    ) -> Edge:
        row = rows[i]
        if row.member is None:
            words = "it awaits several calls, or in a nested block"
            return Edge(EdgeKind.GAIN, words, statements[previous].span.line)
        line = statements[previous].span.line
        if not row.solo or not statements[previous].solo:
            return Edge(EdgeKind.CONTROL, "it shares its line with another statement", line)
        firm = [k for k in range(previous, i) if rows[k].risk and not rows[k].nameable]
        if row.member.risks and firm:
            other = statements[firm[0]].span.line
            words = f"its arguments may raise, and so may line {other}, which is first"
            return Edge(EdgeKind.FAILURE, words, other)
        before = self.footprints.of(statements[previous])
        saved = min(row.waits, self.footprints.waits(before.calls))
        if row.limit <= previous and saved >= self.config.min_gain_ms:
            words = f"beside line {line} it would gain less than the batches that are made instead"
            return Edge(EdgeKind.GAIN, words, line)
        words = f"run beside line {line} it would not save {self.config.min_gain_ms:g} ms"
        return Edge(EdgeKind.GAIN, words, line)

    def _awaited_name(self, statement: Statement) -> str:
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


def _awaits(statement: Statement) -> bool:
    return any(isinstance(e, Invoke) and e.call.awaited for e in statement.events)
