"""Turns of a loop or a comprehension → a plan to start their calls ahead, or why not."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .chain_links import Chain
from .checks import Limit
from .comprehensions import Comprehension
from .dependence import FINDERS, blocking, meet
from .edges import Edge, EdgeKind, Member, Pair, Surroundings
from .effects.model import describe
from .footprint import Footprint
from .gathering import gathers
from .ir import Call, Event, Invoke, Iterate, Risk, Span, Statement, Target, Turns, Use
from .limits import limits_of_any, words_of
from .moved_text import names_in, strange
from .sieves import Sieve, without
from .sites import Site
from .telling import told_apart, without_told
from .thread_members import THREAD_FINDERS, THREAD_MS, own_edge
from .turn_calls import Ahead
from .turns import (
    VIEWS,
    called,
    count_of,
    grown,
    header_end,
    live,
    made_surely,
    of_another_turn,
    passing,
    symbols_of,
    varying,
)

if TYPE_CHECKING:
    from .blocks import Planner

_REPEATED = frozenset({"builtins.range", "builtins.enumerate", "builtins.zip", "builtins.len"})


@dataclass(frozen=True, slots=True)
class Part:
    """What a turn does besides its call, in one statement, before the call or ``behind`` it."""

    statement: Statement
    footprint: Footprint
    behind: bool = False


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """A `for`, or a comprehension, of which the calls are started ahead.

    ``inner``: the symbols of its target that the call needs. ``count``: the number of turns, if it
    is constant. ``width``: how many calls run at once. ``direct``: the call is made without a
    function around it. ``repeats``: the text of the iterable may be evaluated once more; ``once``:
    what it makes can be gone through once only. ``sieve``: what leaves turns out. ``chain``: the
    statements of a turn that start ahead together, of the block ``host``; ``member`` is the last
    call of them. ``threads``: the calls block, and threads make them.
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
    turns: Turns
    comprehension: Comprehension | None = None
    sieve: Sieve | None = None
    chain: Chain | None = None
    host: Site | None = None
    threads: bool = False

    @property
    def members(self) -> tuple[Member, ...]:
        """The calls that a turn starts ahead."""
        return (self.member,) if self.chain is None else self.chain.members

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What a turn does, without the condition that may leave it out."""
        return without(self.sieve, self.body.block.statements)

    @property
    def code(self) -> str:
        if self.threads:
            return "PX102"
        return "PX103" if self.comprehension is None else "PX104"

    @property
    def limited(self) -> bool:
        return self.count is None or self.count > self.width

    @property
    def workers(self) -> int:
        """How many threads there are."""
        return self.width if self.count is None else min(self.count, self.width)

    @property
    def lines(self) -> frozenset[int]:
        """Where a comment silences it: the line of the loop, and the calls' first and last ones."""
        spans = [m.call.await_span or m.call.span for m in self.members]
        first = self.statement.span if self.comprehension is None else self.comprehension.span
        return frozenset((first.line, *(n for s in spans for n in (s.line, s.end_line))))


@dataclass(frozen=True, slots=True)
class LoopNote:
    """A loop that is left as it is, and why."""

    site: Site
    statement: Statement
    name: str
    edge: Edge
    code: str = "PX103"
    call: Call | None = None


class Turning:
    """What the planners of loops and of comprehensions ask of one module."""

    def __init__(self, planner: Planner, *, threads: bool = False) -> None:
        self.threads = threads
        self.finders = THREAD_FINDERS if threads else FINDERS
        self.inference = planner.inference
        self.footprints = planner.footprints
        self.config = planner.config
        self.sites = planner.sites
        self.module = planner.module
        self.busy: set[str] = set()  # scopes of functions that run calls together, once rewritten

    def gathers(self, member: Member, site: Site) -> Edge | None:
        """Bounds do not add up, so nothing that runs calls together is run together itself."""
        if gathers(self.inference, member.call, {*self.busy, site.function.scope}):
            words = f"`{member.facts.name}` runs calls together itself"
            return Edge(EdgeKind.CONTROL, words, member.statement.span.line)
        return None

    def choices(self, ahead: Ahead, calls: Sequence[Call]) -> list[Ahead]:
        """Which calls may start ahead of their turns: of those that block one, the longest first.

        The others stay in their turns. Of two calls with the same text none is chosen: they could
        not be told apart.
        """
        if not self.threads:
            return [ahead]
        texts = [ast.dump(ast.parse(f"({self.text(c.span)}\n)")) for c in calls]
        alone = [c for c, text in zip(calls, texts, strict=True) if texts.count(text) == 1]
        waits = self.sites.threads.waits
        alone.sort(key=lambda c: -waits(self.inference, c))
        return [Ahead(frozenset({c.id})) for c in alone] or [ahead]

    def threaded(self, member: Member, site: Site) -> Edge | None:
        """Why no thread may make the call of each turn, and evaluate what it is made of."""
        if not self.threads:
            return None
        edge = own_edge(self.inference, site, member)
        if edge is None and member.risks:
            reason = self.sites.threads.evaluated(self.inference, member.call)
            words = f"the arguments of `{member.facts.name}` may raise, and a thread may not " \
                    f"evaluate them: it {reason}"  # fmt: skip
            edge = Edge(EdgeKind.FAILURE, words, member.statement.span.line) if reason else None
        return edge

    def hidden(self) -> bool:
        """Are the builtins that the rewrite uses bound to something else, as far as is seen?"""
        return any(
            name in function.locals or f":{name}" in self.module.symbols
            for function in self.module.functions
            for name in ("zip", "list")
        )

    def moved(self, member: Member, target: Target, site: Site, index: int) -> Edge | None:
        """The call is evaluated in a function of its own: what it may not hold, and not read."""
        line = member.statement.span.line
        words = strange(self.text(member.call.span))
        if words:
            return Edge(EdgeKind.CONTROL, f"`{member.facts.name}` {words}", line)
        known = set(symbols_of(target))
        bound = self.sites.bound_at(site, index)
        for event in member.call.setup:
            if isinstance(event, Use) and event.risk is Risk.NAME:
                symbol = event.place.symbol
                sure = self.footprints.certain(symbol, bound) or self.footprints.of_cells(symbol)
                if symbol not in known and not sure:
                    name = symbol.rpartition(":")[2]
                    words = f"`{name}` may not be bound when the call is made"
                    return Edge(EdgeKind.CONTROL, words, line)
        return None

    def dependent(
        self, parts: Iterable[Part], member: Member, turns: Turns, binding: Sequence[Event],
        around: Surroundings, *, fails: bool = True,
    ) -> Edge | None:  # fmt: skip
        """What another turn, or the rest of this one, does to the call, or to what is gone through.

        ``parts``: what the turns do besides the call; ``binding``: the events of a turn, that of
        binding its target included; ``fails``: a turn may end with an exception.
        """
        varies = varying(binding)
        later = replace(member, footprint=of_another_turn(member.footprint, varies))
        through = [Iterate(value) for value in live(turns.value, self.inference)]
        header = self.footprints.of_events(through)
        for part in parts:
            here = replace(part.footprint, controls=())
            before = replace(here, raises=here.raises and fails)
            at = part.statement
            edge = self.changes_header(at, header, here)
            if edge is None and not part.behind:
                edge = blocking(Pair(at, here, member, around, self.footprints), self.finders)
            pair = Pair(at, before, later, around, self.footprints)
            edge = edge or blocking(pair, self.finders)
            if edge is not None:
                return edge
        changed = self.changes_header(member.statement, header, member.footprint)
        if changed is not None:
            return changed
        apart = told_apart(turns.names, turns.value, binding, self.inference)
        other = without_told(member.footprint, later.footprint, apart, self.footprints)
        return self._itself(member, replace(later, footprint=other), around, fails=fails)

    def _itself(
        self, member: Member, later: Member, around: Surroundings, *, fails: bool
    ) -> Edge | None:
        mine = replace(member.footprint, raises=member.footprint.raises and fails)
        pair = Pair(member.statement, mine, later, around, self.footprints)
        edge = blocking(pair, self.finders)
        if edge is None:
            return None
        words = edge.words.replace(f"line {edge.line}", "one turn", 1)
        return replace(edge, words=f"{words} (in another turn)")

    def changes_header(self, part: Statement, header: Footprint, rest: Footprint) -> Edge | None:
        """An edge if ``rest``, which ``part`` does, may change what the loop goes through."""
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

    def worth(
        self, site: Site, index: int, body: Site, member: Member,
        comprehension: Comprehension | None = None, *, sieve: Sieve | None = None,
        chain: Chain | None = None, inner: tuple[str, ...] = (),
    ) -> LoopPlan | Edge:  # fmt: skip
        """The plan, if running the turns together saves enough.

        ``inner``: the symbols of the loop's target that a ``chain`` needs.
        """
        statement = site.block.statements[index]
        turns = statement.turns if comprehension is None else comprehension.turns
        assert turns is not None
        line = statement.span.line
        members = (member,) if chain is None else chain.members
        narrow, admitted = self._admitted(members, statement, comprehension)
        width = min(self.config.max_concurrency, admitted)
        several = comprehension is not None and comprehension.more
        count = None if several else count_of(turns.value, self.inference)
        number = self.config.assume_iterations if count is None else count
        waits = self.waits(members)
        sequential, parallel = number * waits, math.ceil(number / max(width, 1)) * waits
        if self.threads:
            parallel += min(number, width) * THREAD_MS
        if waits <= 0 or sequential - parallel < max(self.config.min_gain_ms, 1e-9):
            words = f"its turns, run together, would not save {self.config.min_gain_ms:g} ms"
            if narrow is not None and admitted <= 1:
                words = words_of(narrow)
            return Edge(EdgeKind.GAIN, words, line)
        if chain is None:
            named = names_in(self.text(member.call.span))
            names = turns.names if comprehension is None else comprehension.names
            symbols = dict.fromkeys(symbols_of(names))
            inner = tuple(s for s in symbols if s.rpartition(":")[2] in named)
        limited = count is None or count > width
        sure = chain is None and not member.risks and (
            self.threads or made_surely(member.call, self.inference)
        )  # fmt: skip
        return LoopPlan(
            site=site, index=index, statement=statement, body=body, member=member, inner=inner,
            count=count, width=width, direct=sure and (self.threads or not limited),
            repeats=sieve is None and self._repeats(statement, comprehension),
            once=passing(turns.value, self.inference), around=self.sites.surroundings(body),
            sequential_ms=sequential, parallel_ms=parallel, turns=turns,
            comprehension=comprehension, sieve=sieve, chain=chain,
            threads=self.threads,
        )  # fmt: skip

    def _admitted(
        self, members: Sequence[Member], statement: Statement, comprehension: Comprehension | None
    ) -> tuple[Limit | None, int]:
        """How many of the calls limits let run at once, and the limit that says so.

        A blocking call that stays in its turn runs beside those in threads.
        """
        ahead, span = [m.call for m in members], (comprehension or statement).span
        header = statement.events[: header_end(statement)] if comprehension is None else \
            comprehension.setup  # fmt: skip
        done = {c.id for c in (*ahead, *(e.call for e in header if isinstance(e, Invoke)))}
        beside = [
            call for call in self.footprints.of(statement).calls if self.threads
            and call.id not in done and span.start <= call.span.start < span.end
        ]  # fmt: skip
        staying = limits_of_any(self.inference, beside)
        own = limits_of_any(self.inference, ahead)
        room: dict[Limit, int] = {x: x.max_concurrency - (x in staying) for x in own}
        narrow = min(room, key=room.__getitem__, default=None)
        return narrow, self.config.max_concurrency if narrow is None else room[narrow]

    def waits(self, members: Sequence[Member]) -> float:
        """Milliseconds that the calls of one turn wait."""
        if not self.threads:
            return self.footprints.waits([m.call for m in members])
        return sum(self.sites.threads.waits(self.inference, m.call) for m in members)

    def _repeats(self, statement: Statement, comprehension: Comprehension | None) -> bool:
        """Is evaluating the iterable once more the same, and as cheap to read?"""
        turns = statement.turns if comprehension is None else comprehension.turns
        header = statement.events[: header_end(statement)] if comprehension is None else \
            comprehension.setup  # fmt: skip
        assert turns is not None
        call = called(turns.value, self.inference)
        if call is None and (turns.value.place is None or turns.value.place.steps):
            return False
        if comprehension is not None and (comprehension.filters or comprehension.more):
            return False
        for event in header:
            if isinstance(event, Invoke):
                name = self.inference.resolver.call_name(event.call)
                view = event.call.method in VIEWS and not event.call.arguments
                if name not in _REPEATED and not view:
                    return False
            elif not isinstance(event, (Use, Iterate)):
                return False
        return True

    def text(self, span: Span) -> str:
        return self.inference.text[span.start : span.end]
