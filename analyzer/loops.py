"""Loops → plans: which `for` may start the calls of all its turns at once (contract §5, Loops).

The loop stays where it is and runs turn by turn: only the awaited call of each turn is started
ahead. So the question is whether a call may run before, and beside, everything else that the turns
before it do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .edges import Edge, EdgeKind, Member
from .gathering import gathers
from .ir import Block, Event, Invoke, Statement
from .sieves import Sieve, asked_ahead, sieve_of, without
from .sites import Site
from .telling import may_fail
from .thread_members import unthreaded
from .turn_calls import AWAITED, Ahead, blocking_of
from .turn_chains import Turn, TurnChains
from .turn_plans import LoopNote, LoopPlan, Part, Turning
from .turns import (
    STAYING,
    gone,
    header_end,
    leaving,
    misfit,
    shared,
    undrained,
    varying,
)

if TYPE_CHECKING:
    from .blocks import Planner


class Loops:
    """Plans the loops of one module."""

    def __init__(self, planner: Planner, *, threads: bool = False) -> None:
        """``threads``: plan what blocks, and threads may make, in place of what is awaited."""
        self.threads = threads
        self.turning = Turning(planner, threads=threads)
        self.chains = TurnChains(planner, self.turning)
        self.inference = planner.inference
        self.footprints = planner.footprints
        self.sites = planner.sites
        self.module = planner.module

    def plan(self, site: Site, index: int) -> LoopPlan | LoopNote | None:
        """The plan for one loop of a block; None if it awaits nothing of its own."""
        statement = site.block.statements[index]
        block = next((b for b in statement.blocks if b.role == "loop"), None)
        if block is None or not (site.function.name or self.threads):
            return None
        ahead = blocking_of(self.sites, site, [statement]) if self.threads else AWAITED
        awaiting = [s for s in block.statements if _own(s, ahead)]
        if not awaiting and not (_asynchronous(statement) and ahead.any(statement.events)):
            return None
        calls = [c for s in awaiting for c in ahead.calls(_outer(s))]
        choices = self.turning.choices(ahead, calls)
        call = next((c for c in calls if choices[0].names(c)), None)
        found = self._plan(site, index, block, choices[0])
        for other in choices[1:]:
            if not isinstance(found, LoopPlan):
                again = self._plan(site, index, block, other)
                found = again if isinstance(again, LoopPlan) else found
        if isinstance(found, LoopPlan):
            return found
        if call is None and statement.turns is not None and not statement.turns.asynchronous:
            return None  # it awaits what runs already
        name = self.inference.facts(call).name if call is not None else "await"
        return LoopNote(site, statement, name, found, "PX102" if self.threads else "PX103", call)

    def _plan(self, site: Site, index: int, block: Block, ahead: Ahead) -> LoopPlan | Edge:
        statement = site.block.statements[index]
        line = statement.span.line
        turns = statement.turns
        if turns is None:
            words = "a `while` loop decides after each turn whether there is another one"
            return Edge(EdgeKind.CONTROL, words, line)
        if turns.asynchronous:
            words = "`async for` takes what comes, and each turn may depend on the one before"
            return Edge(EdgeKind.CONTROL, words, line)
        if self.turning.hidden():
            words = "`zip` or `list` means something else in this file"
            return Edge(EdgeKind.CONTROL, words, line)
        if block.inline:
            return Edge(EdgeKind.CONTROL, "its body stands on the line of the `for`", line)
        body = self.sites.within(site, statement, block)
        sieve = self._sieve(site, statement, block, ahead)
        if sieve is not None and not sieve.skips:
            body = self.sites.within(body, sieve.statement, sieve.statement.blocks[0])
        forbidden = self.sites.forbidden(body) or (
            unthreaded(self.inference, body) if self.threads else None
        )
        if forbidden is not None:
            return forbidden
        seen = shared(turns.names, site.function)
        if seen:
            words = f"other functions see `{seen}`, which the loop binds in each turn"
            return Edge(EdgeKind.FLOW, words, line, resource=f"`{seen}`")
        reason = undrained(turns.value, self.inference) or misfit(
            turns.names, turns.value, self.inference
        )
        if reason:
            return Edge(EdgeKind.CONTROL, reason, line)
        turn = Turn(site, index, body, sieve)
        if self.threads:
            return self._one(turn, ahead)
        several = self._awaits_several(body, ahead)
        found = None if several else self._one(turn, ahead)
        if several or (isinstance(found, Edge) and found.kind in (EdgeKind.FLOW, EdgeKind.CONTROL)):
            # What the call needs, or the whole `if` around it, may start ahead with it.
            moved = self._nested(statement, None) or self.chains.plan(turn)
            if found is None or isinstance(moved, LoopPlan):
                return moved
        assert found is not None
        return found

    def _one(self, turn: Turn, ahead: Ahead) -> LoopPlan | Edge:
        """The plan for turns that await one call, which starts ahead by itself."""
        site, index, body, sieve, statement = (
            turn.site, turn.index, turn.body, turn.sieve, turn.loop
        )  # fmt: skip
        turns = statement.turns
        assert turns is not None
        member = self._member(body, ahead)
        if isinstance(member, Edge):
            return member
        binding = statement.events[header_end(statement) :]
        around = self.sites.surroundings(body)
        rest = list(self.rest(body, member, sieve))
        edge = (
            self.turning.threaded(member, body)
            or self._leaves(body.block.statements, member, sieve)
            or self._nested(statement, member)
            or self.turning.gathers(member, site)
            or self.turning.moved(member, turns.names, site, index)
            or self.turning.dependent(
                rest, member, turns, binding, around,
                fails=may_fail(without(sieve, body.block.statements), self.footprints),
            )
        )  # fmt: skip
        if edge is None and sieve is not None:
            done = [part.footprint for part in rest]
            varies = varying(binding)
            edge = asked_ahead(sieve, member.footprint, done, varies, around, self.footprints)
        return edge or self.turning.worth(site, index, body, member, sieve=sieve)

    def _sieve(self, site: Site, statement: Statement, block: Block, ahead: Ahead) -> Sieve | None:
        """The condition that leaves turns out, if nobody sees what the loop's target is then."""
        sieve = sieve_of(block, self.inference)
        after = len(statement.blocks) > 1 or not gone(site.function, statement)
        return None if sieve is None or after or ahead.any(sieve.tests) else sieve

    # -- the call ------------------------------------------------------------------------------

    @staticmethod
    def _awaits_several(body: Site, ahead: Ahead) -> bool:
        """Does a turn await in several statements, of its own or of a `try` around them?"""
        awaiting = [s for s in body.block.statements if ahead.any(s.events)]
        tried = awaiting[0].blocks[0] if awaiting[0].kind == "Try" else None
        inside = tried.statements if tried is not None and tried.role == "try" else ()
        return len(awaiting) > 1 or sum(ahead.any(s.events) for s in inside) > 1

    def _member(self, body: Site, ahead: Ahead) -> Member | Edge:
        """The one call that a turn awaits, at the top of the loop's body."""
        statements = body.block.statements
        awaiting = [i for i, s in enumerate(statements) if ahead.any(s.events)]
        statement = statements[awaiting[0]]
        line = statement.span.line
        own = _tried(statement, ahead)
        at = own.blocks[0].at if own.blocks else len(own.events)
        everywhere, here = (sum(map(ahead.starts, s.events)) for s in (statement, own))
        if ahead.any(own.events[at:]) or everywhere != here:
            words = f"the `{statement.kind.lower()}` of line {line} {ahead.verb} " \
                    f"{'such a call ' if ahead.threads else ''}inside"  # fmt: skip
            return Edge(EdgeKind.CONTROL, words, line)
        plain = replace(own, blocks=())
        bound = self.sites.bound_at(body, awaiting[0])
        member, edge = ahead.member(awaiting[0], plain, self.footprints, bound)
        if member is None:
            words = f"line {line} awaits several calls, or something that is not a call"
            return edge or Edge(EdgeKind.CONTROL, words, line)
        return member

    # -- the rest of the turns -----------------------------------------------------------------

    def _leaves(
        self, statements: Sequence[Statement], member: Member, sieve: Sieve | None
    ) -> Edge | None:
        for i, statement in enumerate(statements):
            if sieve is not None and statement is sieve.statement:
                continue
            ahead = _before(statement, member) if i == member.index else ()
            skips = i < member.index or any("continue" in leaving(s) for s in ahead)
            for word in leaving(statement):
                early = skips and word == "continue"
                if early or word not in STAYING:
                    line = statement.span.line
                    words = f"`{word}` in line {line} may end a turn before `{member.facts.name}`" \
                            if early else f"`{word}` in line {line} may end the loop"  # fmt: skip
                    return Edge(EdgeKind.CONTROL, words, line)
        return None

    def _nested(self, statement: Statement, member: Member | None) -> Edge | None:
        """Bounds do not add up, so nothing that runs calls together is run together itself."""
        line = statement.span.line
        own = None if member is None else member.call
        inside = [c for c in self.footprints.of(statement).calls if c is not own]
        found = next((c for c in inside if gathers(self.inference, c, ())), None)
        if found is not None:
            words = f"line {found.span.line} runs calls together already"
            return Edge(EdgeKind.CONTROL, words, line)
        if any(f.is_async and statement.span.start <= f.span.start < statement.span.end
               for f in self.module.functions):  # fmt: skip
            return Edge(EdgeKind.CONTROL, "it defines an `async def`", line)
        return None

    def rest(self, body: Site, member: Member, sieve: Sieve | None) -> Iterator[Part]:
        """What the turns do besides the call, by statement; without the condition of a sieve."""
        own = {id(e) for e in member.call.setup}
        for i, statement in enumerate(body.block.statements):
            if sieve is not None and statement is sieve.statement:
                continue
            if i != member.index:
                yield Part(statement, self.footprints.of(statement), i > member.index)
                continue
            at = next(k for k, e in enumerate(statement.events)
                      if isinstance(e, Invoke) and e.call is member.call)  # fmt: skip
            before = [e for e in statement.events[:at] if id(e) not in own]
            yield Part(statement, self.footprints.of_events(before))
            yield Part(statement, self.footprints.of_events(statement.events[at + 1 :]), True)


# -- what stands in a loop ---------------------------------------------------------------------


def _tried(statement: Statement, ahead: Ahead) -> Statement:
    """The statement that awaits: of a `try`, one that stands in its body, where a turn gets to."""
    if statement.kind == "Try" and statement.blocks[0].role == "try":
        inside = [s for s in statement.blocks[0].statements if ahead.any(s.events)]
        if len(inside) == 1:
            return inside[0]
    return statement


def _before(statement: Statement, member: Member) -> Sequence[Statement]:
    """The statements of a `try` before the one that makes the call."""
    inside = statement.blocks[0].statements if statement.kind == "Try" else ()
    return [s for s in inside if s.span.end <= member.statement.span.start]


def _asynchronous(statement: Statement) -> bool:
    return statement.turns is not None and statement.turns.asynchronous


def _outer(statement: Statement) -> Sequence[Event]:
    """What a statement of a loop's body does once in a turn, and not in a loop of its own."""
    if statement.kind == "For":
        return statement.events[: statement.blocks[0].at]
    return () if statement.kind == "While" else statement.events


def _own(statement: Statement, ahead: Ahead) -> bool:
    """Does a statement of a loop's body await, other than in a loop of its own?"""
    return ahead.any(_outer(statement))


__all__ = ["LoopNote", "LoopPlan", "Loops", "leaving"]
