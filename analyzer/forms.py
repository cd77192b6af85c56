"""Which form a region is written in (contract §5): plain, ordered, helper or task group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .blocks import Plan
from .dependence import Member, conflict_of, not_speculatable
from .footprint import Footprints, visible_writes
from .ir import Event, Function, Invoke, Shape, Statement, Use
from .schedule import Region
from .sites import Sites

#: typeshed gives `asyncio.gather` precise result types for up to six awaitables.
GATHER_TYPED = 6


class Form(StrEnum):
    PLAIN = "plain"
    ORDERED = "ordered"
    HELPER = "helper"
    TASKGROUP = "taskgroup"


@dataclass(frozen=True, slots=True)
class Written:
    """A region's form and the reason for it, in words."""

    form: Form
    reason: str


class Forms:
    """Chooses forms for the regions of one module."""

    def __init__(self, sites: Sites) -> None:
        self.sites = sites
        self.module = sites.module
        self.config = sites.config
        self.footprints: Footprints = sites.footprints
        self._ending: dict[str, bool] = {}

    def choose(self, plan: Plan, region: Region) -> Written:
        """The form of ``region``. Falls back to the ordered form, which is right everywhere."""
        ordered = Written(Form.ORDERED, "a caller may see which failure comes first")
        members = members_of(plan, region)
        if members is None or not self._may_gather(plan, region, members):
            return ordered
        if self.config.style == "taskgroup" and self._may_group(plan, members):
            return Written(Form.TASKGROUP, "asked for; failures arrive as an ExceptionGroup")
        if self._gatherable_targets(members) and all(
            not not_speculatable(m.facts, unsafe=False) for m in members
        ):
            reason = self._plain(plan, members)
            if reason:
                return Written(Form.PLAIN, reason)
        if self.config.helper != "inline" and self._gatherable_targets(members) \
                and self._still(plan, region, members):  # fmt: skip
            return Written(Form.HELPER, f"`helper = {self.config.helper!r}`")
        return ordered

    # -- conditions ----------------------------------------------------------------------------

    def _plain(self, plan: Plan, members: list[Member]) -> str:
        if all(not m.facts.raises for m in members):
            return "no member may raise"
        if self.config.failures == "first":
            return '`failures = "first"`: the first failure in time is raised'
        if self.ends_program(plan):
            return "a failure here ends the program"
        return ""

    def _may_gather(self, plan: Plan, region: Region, members: list[Member]) -> bool:
        """Can the statements between the members follow the batch, all members awaited at once?"""
        moved = {m.index for m in members}
        ends = self.ends_program(plan)
        last = members[-1].index
        for i in range(region.first, last):
            if i in moved:
                continue
            between = plan.footprints[i]
            if between.controls or between.everything:
                return False
            later = [m for m in members if m.index > i]
            if visible_writes(between, frozenset() if ends else plan.around.seen,
                              plan.around.everything_seen and not ends):  # fmt: skip
                return False
            for member in later:
                if conflict_of(between.effects, member.after.effects, self.footprints):
                    return False
                if conflict_of(member.before.effects, between.effects, self.footprints):
                    return False
        return True

    def _gatherable_targets(self, members: list[Member]) -> bool:
        if any(m.statement.shape not in (Shape.BARE, Shape.ASSIGN) for m in members):
            return False
        if any(m.statement.annotated for m in members):
            return False
        bare = [m for m in members if m.statement.shape is Shape.BARE]
        if len(bare) == len(members):
            return True
        if bare and "_" in self.module.names:
            return False
        return len(members) <= GATHER_TYPED

    def _still(self, plan: Plan, region: Region, members: list[Member]) -> bool:
        """Nothing stands between the members that could fail on its own."""
        moved = {m.index for m in members}
        return all(
            i in moved or not plan.footprints[i].raises
            for i in range(region.first, members[-1].index)
        )

    def _may_group(self, plan: Plan, members: list[Member]) -> bool:
        names_exceptions = any(s.handlers for s, _ in plan.site.parents)
        reads = all(not not_speculatable(m.facts, unsafe=False) for m in members)
        entries = [m.facts.entry for m in members]
        coroutines = all(
            e is not None and (e.is_async or not e.origin.startswith("catalog")) for e in entries
        )
        return reads and coroutines and not names_exceptions

    # -- a failure that ends the program -------------------------------------------------------

    def ends_program(self, plan: Plan) -> bool:
        """Is the block reached only from ``asyncio.run(…)`` at module level, nothing catching?"""
        function = plan.site.function
        return (
            bool(function.name)
            and all(self._lets_through(s) for s, _ in plan.site.parents)
            and self._function_ends(function)
        )

    def _lets_through(self, statement: Statement) -> bool:
        if statement.kind in ("Try", "TryStar"):
            return False
        return all(self.footprints.manager(m.value) == "handle" for m in statement.managers)

    def _function_ends(self, function: Function) -> bool:
        known = self._ending.get(function.qualname)
        if known is None:
            self._ending[function.qualname] = False  # recursion does not end the program
            known = self._ending[function.qualname] = self._reached_by_run(function)
        return known

    def _reached_by_run(self, function: Function) -> bool:
        info = self.module.symbols.get(function.symbol)
        if info is None or info.bindings != 1 or not function.symbol.startswith(":"):
            return False
        if function.is_generator or function.decorators or function.exposed:
            return False
        uses = self._uses(function.symbol)
        return uses is not None and bool(uses) and all(uses)

    def _uses(self, symbol: str) -> list[bool] | None:
        """For each use of the function's name: does a failure there end the program?

        None if the name is used in a way that is not followed (exported, passed on, in a header).
        """
        if ":__all__" in self.module.symbols:
            return None
        found: list[bool] = []
        for function in self.module.functions:
            for statement, parents in _walk(function):
                nested = [e for b in statement.blocks for s in b.statements for e in s.events]
                own = _count(statement.events, symbol) - _count(nested, symbol)
                if own and statement.blocks:
                    return None
                if own:
                    found.append(own == 1 and self._fatal(function, statement, parents, symbol))
        return found

    def _fatal(self, function: Function, statement: Statement,
               parents: tuple[Statement, ...], symbol: str) -> bool:  # fmt: skip
        if any(not self._lets_through(s) for s in parents):
            return False
        resolver = self.sites.inference.resolver
        for event in statement.events:
            if not isinstance(event, Invoke):
                continue
            call = event.call
            if not function.name:
                runs = resolver.call_name(call) == "asyncio.run"
                inner = [a.value.place.symbol for a in call.arguments if a.value.place is not None]
                called = [
                    self.module.calls[s].function.place for s in inner if s in self.module.calls
                ]
                if runs and any(p is not None and p.symbol == symbol for p in called):
                    return True
            elif call.awaited and call.function.place is not None:
                if call.function.place.symbol == symbol and not call.function.place.steps:
                    return self._function_ends(function)
        return False


def members_of(plan: Plan, region: Region) -> list[Member] | None:
    """The first call and the moved ones, if every awaiting statement of the region is a member."""
    first = plan.rows[region.first].member
    if first is None:
        return None
    members = [first, *region.moved]
    indexes = {m.index for m in members}
    for i in range(region.first, region.last + 1):
        if i not in indexes and any(
            isinstance(e, Invoke) and e.call.awaited for e in plan.site.block.statements[i].events
        ):
            return None
    return members


def _count(events: Iterable[Event], symbol: str) -> int:
    return sum(isinstance(e, Use) and e.place.symbol == symbol for e in events)


def _walk(function: Function) -> list[tuple[Statement, tuple[Statement, ...]]]:
    found: list[tuple[Statement, tuple[Statement, ...]]] = []
    stack = [(function.block, ())]
    while stack:
        block, parents = stack.pop()
        for statement in block.statements:
            found.append((statement, parents))
            if statement.kind not in ("FunctionDef", "ClassDef"):
                stack.extend((inner, (*parents, statement)) for inner in statement.blocks)
    return found

