"""Blocks → plans: which batches stand where, which calls they hold, and what blocks others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from .block_notes import BlockNotes, Note, awaits
from .chain_links import Chain, Links
from .dependence import blocking, early_raise, visible_early
from .edges import Edge, Member, Pair, Surroundings
from .effects.inference import Inference
from .footprint import Footprint, Footprints
from .gathering import callees_first
from .header_ways import done_before, way_of
from .ir import Call, Statement
from .limits import limits_of, limits_of_all
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
from .silent_chains import Silenced, heard
from .sites import Site, Sites
from .suppressions import Suppression
from .threads import thread_plans
from .turn_plans import LoopNote, LoopPlan


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
    named: tuple[Member, ...] = ()  # in a header: the calls whose results get names
    silenced: Silenced = ()  # chains: in their place there are batches, or nothing


#: The shapes of opportunities that are planned together; a region is of one of them.
SHAPES = frozenset({"PX101", "PX105", "PX106"})


class Planner:
    """Plans every block of a module."""

    def __init__(
        self,
        inference: Inference,
        *,
        unsafe: bool = False,
        shapes: frozenset[str] | None = None,
        silent: Sequence[Suppression] = (),
    ) -> None:
        """``shapes``: the rules to plan for; those that are selected, or all where none is.

        ``silent``: what may silence chains, so that batches take their place.
        """
        self.inference = inference
        self.module = inference.module
        self.config = inference.config
        self.unsafe = unsafe
        self.silent = silent
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

    @cached_property
    def bound_names(self) -> frozenset[str]:
        """The names that the file binds, at any depth: what they mean is no builtin."""
        found = {s.removeprefix(":") for s in self.module.symbols if s.startswith(":")}
        return frozenset(found).union(*(f.locals for f in self.module.functions))

    def plans(self) -> list[Plan]:
        """A plan for every block that awaits two calls or more, in source order.

        Inner blocks come first: a statement that holds a batch of its own is no part of another.
        Callees come before their callers: what runs calls together is not run together itself.
        """
        found: list[Plan] = []
        loops = LoopBlocks(self, self.holding)
        rank = callees_first(self.inference)
        sites = tuple(self.sites.all())
        done = {found for s in sites for found in done_before(s.block.statements, self.footprints)}
        self.holding |= done
        for site in sorted(
            sites, key=lambda s: (rank(s.function), -len(s.parents), s.block.role == "header")
        ):
            if site.block.role == "header" and id(site.parents[-1][0]) in done:
                continue
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
        found, silenced = ((), ()) if forbidden else heard(
            partial(regions, rows, width=self.config.max_concurrency, raising=raising,
                    min_gain=self.config.min_gain_ms),
            self.chains_of(site, rows, prints, around), prints, self.silent,
        )  # fmt: skip
        named: tuple[Member, ...] | Edge = ()
        if found and site.block.role == "header":
            several = several_of(0, statements[0], self.footprints, self.sites.bound_at(site, 0))
            calls = [member for member, _ in several]
            named = way_of(site, found[0], calls, around, self.footprints)
        if isinstance(named, Edge):
            named, found, forbidden = (), (), named
        notes = tuple(BlockNotes(self.footprints).notes(statements, rows, found, forbidden))
        known = {
            r.first: (
                frozenset(shown(statements, r.first, self.footprints)),
                frozenset(shown(statements, r.first, self.footprints, own=False)),
            )
            for r in found
        }
        return Plan(site, tuple(rows), prints, found, notes, around, known, named=named,
                    silenced=silenced)  # fmt: skip

    def chains_of(
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
        limits = limits_of_all(self.inference, prints[i].calls)
        if starts and self.expressions:
            if limits:
                called = [call for _, call in awaited_in(statement)]
                starts = [replace(start, limits=limits_of(self.inference, call))
                          for start, call in zip(starts, called, strict=True)]  # fmt: skip
            only = Start(None, i, i, None, waits=waits, limits=limits)
            return Row(waits, only, statement.solo, risk, several=tuple(starts))
        found = member_of(i, statement, self.footprints, bound)
        only = self._start(found, statements, i, prints, around, forbidden)
        only = replace(only, waits=waits, limits=limits)
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


def _calls(statement: Statement) -> int:
    """How many calls of a block a statement counts for: what it holds in its own blocks is one."""
    return min(awaits(statement), 1) if statement.blocks else awaits(statement)
