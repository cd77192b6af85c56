"""Which form a region is written in (contract §5): plain, ordered, helper or task group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .blocks import Plan
from .dependence import conflict_of, not_speculatable
from .edges import Member
from .footprint import Footprints, visible_writes
from .ir import Event, Invoke, Shape
from .members import risk_key
from .schedule import Region
from .sites import Sites

#: typeshed gives `asyncio.gather` precise result types for up to six awaitables.
GATHER_TYPED = 6


class Form(StrEnum):
    PLAIN = "plain"
    ORDERED = "ordered"
    HELPER = "helper"
    TASKGROUP = "taskgroup"
    THREADS = "threads"  # of blocking calls
    RESULTS = "results"  # plain, for the calls of one statement: their results get names before it


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

    def choose(self, plan: Plan, region: Region) -> Written:
        """The form of ``region``. Falls back to the ordered form, which is right everywhere."""
        ordered = Written(Form.ORDERED, "a caller may see which failure comes first")
        if region.chains:
            return ordered
        members = members_of(plan, region)
        reason = self._within(plan, region)
        if reason:
            return Written(Form.RESULTS, reason)
        if members is None and plan.around.ends:
            return Written(Form.ORDERED, "a statement awaits more than one call")
        if members is None or not self._may_gather(plan, region, members):
            return ordered
        still = self._still(plan, region, members)
        if self.config.style == "taskgroup" and still and self._may_group(plan, members):
            return Written(Form.TASKGROUP, "asked for; failures arrive as an ExceptionGroup")
        if self._gatherable_targets(members) and all(
            not not_speculatable(m.facts, unsafe=False) for m in members
        ):
            reason = self._plain(plan, region, members)
            if reason:
                return Written(Form.PLAIN, reason)
        if (
            self.config.helper != "inline"
            and self._gatherable_targets(members)
            and self._still(plan, region, members)
        ):
            return Written(Form.HELPER, f"`helper = {self.config.helper!r}`")
        return ordered

    # -- conditions ----------------------------------------------------------------------------

    def _within(self, plan: Plan, region: Region) -> str:
        """Why all calls of one statement may be awaited before it, their results named; or ""."""
        starts = plan.rows[region.first].several
        members = [s.member for s in starts if s.member is not None]
        if (
            region.last > region.first
            or self.config.style == "taskgroup"
            or not len(starts) == len(members) == len(region.moved) + 1 <= GATHER_TYPED
            or any(not_speculatable(m.facts, unsafe=False) for m in members)
        ):
            return ""
        known = set(plan.shown[region.first][0])
        if any(risk_key(event) not in known for m in members[1:] for event in m.risks):
            return ""  # a coroutine would be left unawaited
        does = self.footprints.of_events(between(members))
        if does.everything or does.controls or visible_writes(does):
            return ""
        if plan.around.ends:
            return "a failure here ends the program"
        return "" if plan.footprints[region.first].raises else "no member may raise"

    def _plain(self, plan: Plan, region: Region, members: list[Member]) -> str:
        still = self._still(plan, region, members)
        if still and all(not m.facts.raises for m in members):
            return "no member may raise"
        if self.config.failures == "first":
            return '`failures = "first"`: the first failure in time is raised'
        if plan.around.ends:
            return "a failure here ends the program"
        return ""

    def _may_gather(self, plan: Plan, region: Region, members: list[Member]) -> bool:
        """Can the statements between the members follow the batch, all members awaited at once?"""
        moved = {m.index for m in members}
        ends = plan.around.ends
        last = members[-1].index
        if not ends and (
            self._partial(plan, members) or any(m.after.own_risk for m in members[:-1])
        ):
            return False  # what came of the first call could not be bound before the second failed
        for i in range(region.first, last):
            if i in moved:
                continue
            between = plan.footprints[i]
            if between.controls or between.everything:
                return False
            later = [m for m in members if m.index > i]
            if visible_writes(between, None if ends else plan.around):
                return False
            for member in later:
                if conflict_of(between.effects, member.after.effects, self.footprints):
                    return False
                if conflict_of(member.before.effects, between.effects, self.footprints):
                    return False
        return True

    @staticmethod
    def _partial(plan: Plan, members: list[Member]) -> bool:
        """Would somebody miss the results that came before a failure or a deadline?"""
        return any(visible_writes(m.after, plan.around) for m in members[:-1])

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
        names_exceptions = any(
            s.handlers
            or any(
                self.footprints.manager(e.value) not in ("handle", "deadline") for e in s.managers
            )
            for s, _ in plan.site.parents
        )
        if self.config.target_version and int(self.config.target_version[3:]) < 11:
            return False  # asyncio.TaskGroup is new in Python 3.11
        reads = all(not not_speculatable(m.facts, unsafe=False) for m in members)
        entries = [m.facts.entry for m in members]
        coroutines = all(
            e is not None
            and not e.awaitable
            and not e.transparent
            and (e.is_async or not e.origin.startswith("catalog"))
            for e in entries
        )
        return reads and coroutines and not names_exceptions


def members_of(plan: Plan, region: Region) -> list[Member] | None:
    """The first call and the moved ones, if that is all the region awaits, one a statement."""
    first = plan.rows[region.first].member
    if first is None:
        return None
    members = [first, *region.moved]
    awaited = [
        i
        for i in range(region.first, region.last + 1)
        for event in plan.site.block.statements[i].events
        if isinstance(event, Invoke) and event.call.awaited
    ]
    return members if awaited == [m.index for m in members] else None


def between(members: Sequence[Member]) -> list[Event]:
    """What a statement evaluates before the last of its calls, the calls aside."""
    own = {id(event) for m in members for event in m.call.setup}
    calls = [m.call for m in members]
    found: list[Event] = []
    for event in members[0].statement.events:
        if isinstance(event, Invoke) and event.call is calls[-1]:
            break
        called = isinstance(event, Invoke) and event.call in calls
        if id(event) not in own and not called:
            found.append(event)
    return found
