"""Comprehensions → plans: which of them may start the calls of all elements at once.

As a loop does: the comprehension stays where it is, and takes the results one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .bound import Bound
from .comprehensions import Comprehension
from .edges import Edge, EdgeKind, Member
from .footprint import Footprint, visible_writes
from .gathering import gathers
from .ir import Define, Event, Invoke, Iterate, Operate, Statement, Use
from .moved_text import certain, marked
from .sites import Site
from .thread_members import unthreaded
from .turn_calls import AWAITED, Ahead, blocking_of
from .turn_plans import LoopNote, LoopPlan, Part, Turning
from .turns import misfit, symbols_of, undrained, writes_beside

if TYPE_CHECKING:
    from .blocks import Planner

_KINDS = frozenset({"Assign", "AnnAssign", "AugAssign", "Expr", "Return"})


class Comprehensions:
    """Plans the comprehensions of one module."""

    def __init__(self, planner: Planner, turning: Turning) -> None:
        """What blocks is planned, in place of what is awaited, if it is for ``turning``."""
        self.turning = turning
        self.inference = planner.inference
        self.footprints = planner.footprints
        self.sites = planner.sites
        self.module = planner.module

    def plan(self, site: Site, index: int) -> LoopPlan | LoopNote | None:
        """The plan for the comprehension of one statement; None if it has none that awaits."""
        statement = site.block.statements[index]
        threads = self.turning.threads
        if not (site.function.name or threads):
            return None
        own = {id(e) for e in _outside(statement)}
        found = [
            c for c in self.module.comprehensions
            if statement.span.start <= c.span.start < statement.span.end
            and (threads or c.awaits) and any(id(e) in own for e in c.setup)
        ]  # fmt: skip
        ahead = blocking_of(self.sites, site, [statement]) if threads and found else AWAITED
        found = [c for c in found if not threads or ahead.any((*c.tests, *c.making))]
        if not found:
            return None
        calls = ahead.calls((*found[0].tests, *found[0].making))
        choices = self.turning.choices(ahead, calls)
        made = [self._plan(site, index, found, one) for one in choices]
        plan = next((one for one in made if isinstance(one, LoopPlan)), None)
        if plan is not None or isinstance(made[0], LoopPlan):
            return plan
        call = next((c for c in calls if choices[0].names(c)), None)
        name = self.inference.facts(call).name if call is not None else "await"
        return LoopNote(site, statement, name, made[0], "PX102" if threads else "PX104", call)

    def _plan(
        self, site: Site, index: int, found: Sequence[Comprehension], ahead: Ahead
    ) -> LoopPlan | Edge:
        statement, one = site.block.statements[index], found[0]
        line = one.span.line
        reason = self._left(statement, found, ahead)
        if reason:
            return Edge(EdgeKind.CONTROL, reason, line)
        forbidden = self.sites.forbidden(site) or (
            unthreaded(self.inference, site) if ahead.threads else None
        )
        if forbidden is not None:
            return forbidden
        for turns in (one.turns, *one.more):
            reason = undrained(turns.value, self.inference) or misfit(
                turns.names, turns.value, self.inference
            )
            if reason:
                return Edge(EdgeKind.CONTROL, reason, line)
        member = self._member(site, index, one, ahead)
        if isinstance(member, Edge):
            return member
        start = position(statement, one)
        early = self.footprints.of_events(statement.events[:start])
        around = self.sites.surroundings(site)
        binding = (*one.binding, *one.tests, *one.making)
        rest = [Part(statement, early), Part(statement, member.before),
                Part(statement, member.after, behind=True)]  # fmt: skip
        edge = (
            self.turning.threaded(member, site)
            or self._tested(one, member, line)
            or self._ahead(statement.events[:start], early, one, line)
            or self.turning.gathers(member, site)
            or self.turning.moved(member, one.names, site, index)
            or self.turning.dependent(rest, member, one.turns, binding, around)
        )
        return edge or self.turning.worth(site, index, site, member, one)

    def _left(self, statement: Statement, found: Sequence[Comprehension], ahead: Ahead) -> str:
        """Why a comprehension is left as it is, as far as its text tells; or ""."""
        one = found[0]
        if self.turning.hidden():
            return "`zip` or `list` means something else in this file"
        if statement.blocks or not statement.solo or statement.kind not in _KINDS:
            return "it does not stand in a statement of its own"
        if one.kind == "generator":
            return "a generator is asked for one element after the other"
        if any(turns.asynchronous for turns in (one.turns, *one.more)):
            return "`async for` takes what comes, and each turn may depend on the one before"
        if one.guarded:
            return "it may not be made at all"
        inside = {id(e) for e in one.setup}
        others = [e for e in ahead.invoked(statement.events) if id(e) not in inside]
        if len(others) != 1:
            return "its statement makes the same call twice" if ahead.threads else \
                "its statement awaits more than one call besides"  # fmt: skip
        if one.asks and (len(one.conditions) != 1 or one.more):
            return "one of its conditions awaits"
        if any(gathers(self.inference, c, ()) for c in self.footprints.of(statement).calls
               if c is not others[0].call):  # fmt: skip
            return "its statement runs calls together already"
        part = one.conditions[0] if one.asks else one.element
        text = self.turning.text(part)
        if ahead.threads:
            text = marked(text, part, others[0].call.span)
        return certain(f"{{{text}\n}}" if one.kind == "dict" and not one.asks else text)

    def _member(self, site: Site, index: int, one: Comprehension, ahead: Ahead) -> Member | Edge:
        statement = site.block.statements[index]
        taking = tuple(_unguarded(e) if ahead.starts(e) else e for e in one.taking)
        plain = replace(statement, blocks=(), events=taking)
        bound = self.sites.bound_at(site, index)
        table = {**bound.table, **dict.fromkeys(symbols_of(one.names), -1)}
        known = Bound(table, bound.index, bound.module_level)
        member, edge = ahead.member(index, plain, self.footprints, known)
        if member is None:
            words = "what it goes through or tests makes the call" if ahead.threads else \
                "it awaits something that is not a call"  # fmt: skip
            return edge or Edge(EdgeKind.CONTROL, words, one.span.line)
        return member

    def _tested(self, one: Comprehension, member: Member, line: int) -> Edge | None:
        """Conditions are all evaluated ahead: they may do nothing, and depend on no turn."""
        tests = self.footprints.of_events(one.asked)
        acts = any(not self._looks(event) for event in one.asked)
        if acts or tests.everything or any(writes_beside(e, one.names) for e in tests.effects):
            return Edge(EdgeKind.CONTROL, "its condition may do more than look", line)
        if one.more and tests.raises:
            words = "what one of its clauses goes through, or asks, may raise after an earlier call"
            return Edge(EdgeKind.FAILURE, words, line)
        for rest in (member.before, member.after):
            if any(e.writes for e in rest.effects):
                return Edge(EdgeKind.CONTROL, "an element may change what the next one tests", line)
            if tests.raises and (rest.own_risk or visible_writes(rest)):
                return Edge(
                    EdgeKind.FAILURE, "its condition may raise, and so may an element", line
                )
        return None

    def _looks(self, event: Event) -> bool:
        if isinstance(event, Invoke):
            return not event.call.awaited and self.inference.facts(event.call).pure
        return isinstance(event, (Use, Operate, Iterate, Define))  # further clauses bind names

    def _ahead(
        self, events: Sequence[Event], ahead: Footprint, one: Comprehension, line: int
    ) -> Edge | None:
        """What the statement evaluates first comes after the calls, and what they go through."""
        header = self.footprints.of_events((*one.setup, *one.asked))
        acts = not all(isinstance(event, Use) for event in events) or ahead.everything
        if acts or any(e.writes for e in ahead.effects) or (ahead.raises and header.raises):
            words = "its statement does something before it goes through anything"
            return Edge(EdgeKind.FAILURE, words, line)
        return None


def position(statement: Statement, one: Comprehension) -> int:
    """How many events of a statement come before those of a comprehension."""
    first = one.setup[0]
    return next(i for i, event in enumerate(statement.events) if event is first)


def _outside(statement: Statement) -> tuple[Event, ...]:
    return statement.events[: statement.blocks[0].at] if statement.blocks else statement.events


def _unguarded(event: Event) -> Event:
    """Of an element it is certain that it is made in a turn that gets there."""
    if isinstance(event, Invoke):
        return replace(event, guarded=False, call=replace(event.call, guarded=False))
    return event
