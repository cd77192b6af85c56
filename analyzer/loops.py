"""Loops → plans: which `for` may start the calls of all its turns at once (contract §5, Loops).

The loop stays where it is and runs turn by turn: only the awaited call of each turn is started
ahead. So the question is whether a call may run before, and beside, everything else that the turns
before it do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .dependence import blocking, meet
from .edges import Edge, EdgeKind, Member, Pair, Surroundings
from .effects.model import describe
from .footprint import Footprint
from .gathering import gathers
from .ir import AwaitValue, Block, Call, Event, Invoke, Iterate, Risk, Statement, Use
from .members import makes_awaitable, member_of
from .moved_text import names_in, strange
from .sites import Site
from .turns import (
    VIEWS,
    called,
    count_of,
    grown,
    header_end,
    live,
    misfit,
    of_another_turn,
    passing,
    shared,
    symbols_of,
    undrained,
    varying,
)

if TYPE_CHECKING:
    from .blocks import Planner

#: A number of turns to reckon with where it is not known.
TURNS = 10
#: What a turn may do besides ending: it fails where it stands, or goes on with the next one.
_STAYING = frozenset({"raise", "assert", "del", "continue", "global", "nonlocal"})
_REPEATED = frozenset({"builtins.range", "builtins.enumerate", "builtins.zip", "builtins.len"})


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """A `for` of which the calls are started ahead.

    ``inner``: the symbols of its target that the call needs. ``count``: the number of turns, if it
    is constant. ``width``: how many calls run at once. ``direct``: the call is made without a
    function around it. ``repeats``: the text of the iterable may be evaluated once more; ``once``:
    what it makes can be gone through once only.
    """

    site: Site
    index: int
    statement: Statement
    body: Site
    member: Member
    inner: tuple[str, ...]
    count: int | None
    width: int
    direct: bool
    repeats: bool
    once: bool
    around: Surroundings
    sequential_ms: float
    parallel_ms: float

    @property
    def limited(self) -> bool:
        return self.count is None or self.count > self.width

    @property
    def lines(self) -> frozenset[int]:
        """Where a comment silences it: the line of the loop, and the call's first and last one."""
        span = self.member.call.await_span or self.member.call.span
        return frozenset((self.statement.span.line, span.line, span.end_line))


@dataclass(frozen=True, slots=True)
class LoopNote:
    """A loop that is left as it is, and why."""

    site: Site
    statement: Statement
    name: str
    edge: Edge


class Loops:
    """Plans the loops of one module."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.inference = planner.inference
        self.footprints = planner.footprints
        self.config = planner.config
        self.sites = planner.sites
        self.module = planner.module
        self.busy: set[str] = set()  # scopes of functions that run calls together, once rewritten

    def plan(self, site: Site, index: int) -> LoopPlan | LoopNote | None:
        """The plan for one loop of a block; None if it awaits nothing of its own."""
        statement = site.block.statements[index]
        block = next((b for b in statement.blocks if b.role == "loop"), None)
        if block is None or not site.function.name:
            return None
        awaiting = [s for s in block.statements if _own_awaits(s)]
        if not awaiting and not (_asynchronous(statement) and _awaits(statement.events)):
            return None
        found = self._plan(site, index, block)
        if isinstance(found, LoopPlan):
            return found
        call = next((c for s in awaiting for c in _calls(s.events)), None)
        name = self.inference.facts(call).name if call is not None else "await"
        return LoopNote(site, statement, name, found)

    def _plan(self, site: Site, index: int, block: Block) -> LoopPlan | Edge:
        statement = site.block.statements[index]
        line = statement.span.line
        turns = statement.turns
        if turns is None:
            words = "a `while` loop decides after each turn whether there is another one"
            return Edge(EdgeKind.CONTROL, words, line)
        if turns.asynchronous:
            words = "`async for` takes what comes, and each turn may depend on the one before"
            return Edge(EdgeKind.CONTROL, words, line)
        if self._hidden():
            words = "`zip` or `list` means something else in this file"
            return Edge(EdgeKind.CONTROL, words, line)
        if block.inline:
            return Edge(EdgeKind.CONTROL, "its body stands on the line of the `for`", line)
        bound = site.bound | self.footprints.binding.entering(statement, block)
        body = Site(site.function, block, (*site.parents, (statement, block)), bound)
        forbidden = self.sites.forbidden(body)
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
        member = self._member(body)
        if isinstance(member, Edge):
            return member
        edge = (
            self._leaves(block.statements, member)
            or self._nested(site, statement, member)
            or self._moved(site, index, member, body)
            or self._dependent(statement, member, body)
        )
        return edge or self._worth(site, index, body, member)

    def _hidden(self) -> bool:
        """Are the builtins that the rewrite uses bound to something else, as far as is seen?"""
        return any(
            name in function.locals or f":{name}" in self.module.symbols
            for function in self.module.functions
            for name in ("zip", "list")
        )

    # -- the call ------------------------------------------------------------------------------

    def _member(self, body: Site) -> Member | Edge:
        """The one call that a turn awaits, at the top of the loop's body."""
        statements = body.block.statements
        awaiting = [i for i, s in enumerate(statements) if _awaits(s.events)]
        statement = statements[awaiting[0]]
        line = statement.span.line
        if len(awaiting) > 1:
            words = f"a turn awaits in line {statements[awaiting[1]].span.line} as well"
            return Edge(EdgeKind.CONTROL, words, line)
        at = statement.blocks[0].at if statement.blocks else len(statement.events)
        if any(_awaiting(e) for e in statement.events[at:]):
            words = f"the `{statement.kind.lower()}` of line {line} awaits inside"
            return Edge(EdgeKind.CONTROL, words, line)
        plain = replace(statement, blocks=())
        bound = self.sites.bound_at(body, awaiting[0])
        member, edge = member_of(awaiting[0], plain, self.footprints, bound)
        if member is None:
            words = f"line {line} awaits several calls, or something that is not a call"
            return edge or Edge(EdgeKind.CONTROL, words, line)
        return member

    def _moved(self, site: Site, index: int, member: Member, body: Site) -> Edge | None:
        """The call is evaluated in a function of its own: what it may not hold, and not read."""
        line = member.statement.span.line
        text = self.inference.text[member.call.span.start : member.call.span.end]
        words = strange(text)
        if words:
            return Edge(EdgeKind.CONTROL, f"`{member.facts.name}` {words}", line)
        turns = site.block.statements[index].turns
        assert turns is not None
        known = set(symbols_of(turns.names))
        bound = self.sites.bound_at(site, index)
        for event in member.call.setup:
            if isinstance(event, Use) and event.risk is Risk.NAME:
                symbol = event.place.symbol
                if symbol not in known and not self.footprints.certain(symbol, bound):
                    name = symbol.rpartition(":")[2]
                    words = f"`{name}` may not be bound when the call is made"
                    return Edge(EdgeKind.CONTROL, words, line)
        return None

    # -- the rest of the turns -----------------------------------------------------------------

    def _leaves(self, statements: Sequence[Statement], member: Member) -> Edge | None:
        for i, statement in enumerate(statements):
            for word in leaving(statement):
                early = i < member.index and word == "continue"
                if early or word not in _STAYING:
                    line = statement.span.line
                    words = f"`{word}` in line {line} may end a turn before `{member.facts.name}`" \
                            if early else f"`{word}` in line {line} may end the loop"  # fmt: skip
                    return Edge(EdgeKind.CONTROL, words, line)
        return None

    def _nested(self, site: Site, statement: Statement, member: Member) -> Edge | None:
        """Bounds do not add up, so nothing that runs calls together is run together itself."""
        line = statement.span.line
        inside = [c for c in self.footprints.of(statement).calls if c is not member.call]
        found = next((c for c in inside if gathers(self.inference, c, ())), None)
        if found is not None:
            words = f"line {found.span.line} runs calls together already"
            return Edge(EdgeKind.CONTROL, words, line)
        if any(f.is_async and statement.span.start <= f.span.start < statement.span.end
               for f in self.module.functions):  # fmt: skip
            return Edge(EdgeKind.CONTROL, "it defines an `async def`", line)
        if gathers(self.inference, member.call, {*self.busy, site.function.scope}):
            words = f"`{member.facts.name}` runs calls together itself"
            return Edge(EdgeKind.CONTROL, words, line)
        return None

    def _dependent(self, statement: Statement, member: Member, body: Site) -> Edge | None:
        """What another turn, or the rest of this one, does to the call."""
        around = self.sites.surroundings(body)
        end = header_end(statement)
        varies = varying(statement.events[end:])
        later = replace(member, footprint=of_another_turn(member.footprint, varies))
        assert statement.turns is not None
        through = [Iterate(value) for value in live(statement.turns.value, self.inference)]
        header = self.footprints.of_events(through)
        for part, rest in self.rest(body, member):
            here = replace(rest, controls=())
            edge = (
                self._changes_header(part, header, here)
                or blocking(Pair(part, here, member, around, self.footprints))
                or blocking(Pair(part, here, later, around, self.footprints))
            )
            if edge is not None:
                return edge
        changed = self._changes_header(member.statement, header, member.footprint)
        return changed or self._itself(member, later, around)

    def rest(self, body: Site, member: Member) -> Iterator[tuple[Statement, Footprint]]:
        """What the turns do besides the call, by statement."""
        for i, statement in enumerate(body.block.statements):
            if i == member.index:
                yield statement, member.before
                yield statement, member.after
            else:
                yield statement, self.footprints.of(statement)

    def _itself(self, member: Member, later: Member, around: Surroundings) -> Edge | None:
        edge = blocking(Pair(member.statement, member.footprint, later, around, self.footprints))
        if edge is None:
            return None
        words = edge.words.replace(f"line {edge.line}", "one turn", 1)
        return replace(edge, words=f"{words} (in another turn)")

    def _changes_header(self, part: Statement, header: Footprint, rest: Footprint) -> Edge | None:
        found = next(
            (write for write in rest.effects if write.writes for looked in header.effects
             if meet(looked, write, self.footprints) and grown(looked, write)),
            None,
        )  # fmt: skip
        if found is None:
            return None
        line = part.span.line
        words = f"line {line} may change {describe(found.resource)}, which the loop goes through"
        return Edge(EdgeKind.ANTI, words, line, resource=describe(found.resource))

    # -- worth it ------------------------------------------------------------------------------

    def _worth(self, site: Site, index: int, body: Site, member: Member) -> LoopPlan | Edge:
        statement = site.block.statements[index]
        turns = statement.turns
        assert turns is not None
        line = statement.span.line
        name = member.facts.name
        limits = [r.max_concurrency for r in self.config.limits if fnmatchcase(name, r.match)]
        width = min([self.config.max_concurrency, *limits])
        count = count_of(turns.value, self.inference)
        number = TURNS if count is None else count
        waits = self.footprints.waits([member.call])
        sequential, parallel = number * waits, math.ceil(number / width) * waits
        if waits <= 0 or sequential - parallel < max(self.config.min_gain_ms, 1e-9):
            words = f"its turns, run together, would not save {self.config.min_gain_ms:g} ms"
            return Edge(EdgeKind.GAIN, words, line)
        text = self.inference.text[member.call.span.start : member.call.span.end]
        named = names_in(text)
        inner = tuple(
            s for s in dict.fromkeys(symbols_of(turns.names)) if s.rpartition(":")[2] in named
        )
        limited = count is None or count > width
        entry = member.facts.entry
        made = replace(member.call, awaited=False)
        sure = not member.risks and (
            any(t.function is not None and t.function.is_async
                for t in self.inference.callees.targets(member.call))
            or (entry is not None and makes_awaitable(made, member.facts))
        )  # fmt: skip
        return LoopPlan(
            site=site, index=index, statement=statement, body=body, member=member, inner=inner,
            count=count, width=width, direct=sure and not limited,
            repeats=self._repeats(statement),
            once=passing(turns.value, self.inference), around=self.sites.surroundings(body),
            sequential_ms=sequential, parallel_ms=parallel,
        )  # fmt: skip

    def _repeats(self, statement: Statement) -> bool:
        """Is evaluating the iterable once more the same, and as cheap to read?"""
        turns = statement.turns
        assert turns is not None
        call = called(turns.value, self.inference)
        if call is None and (turns.value.place is None or turns.value.place.steps):
            return False
        for event in statement.events[: header_end(statement)]:
            if isinstance(event, Invoke):
                name = self.inference.resolver.call_name(event.call)
                view = event.call.method in VIEWS and not event.call.arguments
                if name not in _REPEATED and not view:
                    return False
            elif not isinstance(event, (Use, Iterate)):
                return False
        return True


# -- what stands in a loop ---------------------------------------------------------------------


def _asynchronous(statement: Statement) -> bool:
    return statement.turns is not None and statement.turns.asynchronous


def _awaiting(event: Event) -> bool:
    return isinstance(event, AwaitValue) or (isinstance(event, Invoke) and event.call.awaited)


def _awaits(events: Sequence[Event]) -> bool:
    return any(_awaiting(event) for event in events)


def _calls(events: Sequence[Event]) -> list[Call]:
    return [e.call for e in events if isinstance(e, Invoke) and e.call.awaited]


def _own_awaits(statement: Statement) -> bool:
    """Does a statement of a loop's body await, other than in a loop of its own?"""
    if statement.kind in ("For", "While"):
        return statement.kind == "For" and _awaits(statement.events[: statement.blocks[0].at])
    return _awaits(statement.events)


def leaving(statement: Statement) -> Iterator[str]:
    """The words with which a statement of a loop's body may leave it, or end a turn."""
    inner = [b for b in statement.blocks if b.role == "loop"]
    for block in statement.blocks:
        for part in block.statements:
            for word in leaving(part):
                if block not in inner or word not in ("break", "continue"):
                    yield word
    if not statement.blocks:
        for event in statement.events:
            word = getattr(event, "word", "")
            if word:
                yield word
    else:
        at = 0
        for block in statement.blocks:
            own = statement.events[at : block.at]
            yield from (w for e in own if (w := getattr(e, "word", "")))
            at = block.at + sum(len(s.events) for s in block.statements)
