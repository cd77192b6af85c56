"""Turns that await several calls → the run of statements of a turn that starts ahead as one.

From the first statement that must move to the last one that awaits, they get a function of their
own (see ``chain_links``). What a turn does before and behind them stays in the loop, in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from .chain_links import Chain, Links
from .dependence import blocking, not_speculatable
from .edges import Edge, EdgeKind, Pair, Surroundings
from .effects.model import describe, overlap
from .effects.selector import Overlap
from .footprint import Footprint, visible_writes
from .ir import AwaitValue, Define, Event, Invoke, Iterate, Mutate, Statement, Store, Use
from .made_in_turn import as_seen_by_others, made_within
from .members import member_of
from .moved_blocks import acts, unfit, unreadable
from .sieves import Sieve, asked_ahead, without
from .sites import Site
from .telling import may_fail
from .turn_plans import LoopPlan, Part, Turning
from .turns import STAYING, header_end, leaving, live, of_another_turn, symbols_of, varying

if TYPE_CHECKING:
    from .blocks import Planner


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a loop: the loop, in its block, the turn's own block, and what leaves it out."""

    site: Site
    index: int
    body: Site
    sieve: Sieve | None

    @property
    def loop(self) -> Statement:
        """The `for` statement."""
        return self.site.block.statements[self.index]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What the turn does, without the condition that may leave it out."""
        return without(self.sieve, self.body.block.statements)


class TurnChains:
    """Plans the loops of one module of which a turn awaits several calls."""

    def __init__(self, planner: Planner, turning: Turning) -> None:
        self.planner = planner
        self.turning = turning
        self.footprints = planner.footprints
        self.inference = planner.inference
        self.sites = planner.sites

    def plan(self, turn: Turn) -> LoopPlan | Edge:
        """The plan, or the first reason why all calls of a turn cannot start ahead."""
        host = self._host(turn)
        if isinstance(host, Edge):
            return host
        statements = host.block.statements
        awaiting = [k for k, s in enumerate(statements) if _awaits(s.events)]
        first, end = awaiting[0], awaiting[-1]
        bound = self.sites.bound_at(host, end)
        last, edge = None, None
        if not statements[end].blocks:
            last, edge = member_of(end, statements[end], self.footprints, bound, inside=True)
        simple = last is not None and _count(statements[end]) == 1
        if not (simple or statements[end].blocks) or not statements[end].solo:
            line = statements[end].span.line
            words = f"line {line} awaits several calls, or something that is not a call"
            return edge or Edge(EdgeKind.CONTROL, words, line)
        prints = [self.footprints.of(s) for s in statements]
        links = Links(self.planner, host, prints, self.sites.surroundings(host))
        found: Edge | None = None
        for begin in range(first, -1, -1):
            if turn.sieve is not None and statements[begin] is turn.sieve.statement:
                break
            chain = links.run(begin, end, last)
            if chain is None:
                found = found or self._unmoved(turn, statements[begin : end + 1], links)
                break
            edge = self._held(turn, host, chain)
            if edge is None:
                return self._worth(turn, host, chain)
            found = found or edge
        assert found is not None
        return found

    def _host(self, turn: Turn) -> Site | Edge:
        """The block in which all awaits of a turn stand: its own, or that of a `try` in it."""
        block = turn.body.block
        awaiting = [s for s in block.statements if _awaits(s.events)]
        one = awaiting[0]
        if len(awaiting) > 1 or one.kind != "Try" or one.blocks[0].role != "try":
            return turn.body
        tried = one.blocks[0]
        inside = [s for s in tried.statements if _awaits(s.events)]
        if sum(map(_count, inside)) != _count(one):
            return turn.body
        if tried.inline:
            words = f"line {one.span.line} holds its body itself"
            return Edge(EdgeKind.CONTROL, words, one.span.line)
        bound = turn.body.bound | self.footprints.binding.entering(one, tried)
        return Site(turn.body.function, tried, (*turn.body.parents, (one, tried)), bound)

    def _unmoved(self, turn: Turn, statements: Sequence[Statement], links: Links) -> Edge:
        """Why statements cannot move into a function of their own."""
        again = self._binds_again(turn, _bound(statements), statements[0].span.line)
        if again is not None:
            return again
        names = links.module_names
        for statement in statements:
            line = statement.span.line
            does = self.footprints.of(statement)
            if does.everything:
                words = f"line {line}: {does.everything}"
                return Edge(EdgeKind.UNKNOWN, words, line, does.everything_call)
            if does.affine:
                words = f"line {line}: `{does.affine}` must stay in its task"
                return Edge(EdgeKind.AFFINE, words, line)
            if does.controls:
                words = f"`{does.controls[0]}` in line {line} stands between calls of a turn"
                return Edge(EdgeKind.CONTROL, words, line)
            words = unfit(statement, self.sites) or unreadable(
                statement, self.inference.text, names
            )
            if words:
                return Edge(EdgeKind.CONTROL, words, line)
            rest = [e for e in statement.events if not _awaiting(e)]
            beside = self.footprints.of_events(rest)
            seen = visible_writes(beside, links.around)
            if statement is statements[-1] and not statement.blocks:
                break  # it stays, but for its call
            if acts(beside) or seen:
                what = f"changes {describe(seen[0].resource)}" if seen else "acts"
                words = f"line {line} {what}, which others see, between calls of a turn"
                return Edge(EdgeKind.EFFECT, words, line)
        typed = next((s for s in statements if s.kind == "AnnAssign"), None)
        if typed is not None:
            line = typed.span.line
            words = f"the annotation of line {line} would be lost where its turn is taken"
            return Edge(EdgeKind.CONTROL, words, line)
        begin, end = statements[0].span.line, statements[-1].span.line
        words = f"what lines {begin} to {end}, which hold several calls of a turn, read or bind " \
                "would not be the same in a function of their own"  # fmt: skip
        return Edge(EdgeKind.FLOW, words, begin)

    # -- what holds a turn back ----------------------------------------------------------------

    def _held(self, turn: Turn, host: Site, chain: Chain) -> Edge | None:
        own = self._own(host, chain)
        binds = self._binds(host, chain)
        again = self._binds_again(turn, binds, chain.members[0].statement.span.line)
        if again is not None:
            return again
        for member in chain.members:
            reason = not_speculatable(member.facts, unsafe=False)
            if reason:
                words = f"`{member.facts.name}` {reason}, beside another call of its turn"
                return Edge(EdgeKind.FAILURE, words, member.call.span.line)
            gathering = self.turning.gathers(member, turn.site)
            if gathering is not None:
                return gathering
        edge = self._leaves(turn, host, chain) or self._dependent(turn, host, chain, own, binds)
        if edge is None and turn.sieve is not None:
            done = [self.footprints.of_events(own)]
            done += [part.footprint for part in self._rest(turn, own)]
            varies = varying(turn.loop.events[header_end(turn.loop) :])
            around = self.sites.surroundings(turn.body)
            edge = asked_ahead(turn.sieve, done[0], done, varies, around, self.footprints)
        return edge

    @staticmethod
    def _binds_again(turn: Turn, binds: Collection[str], line: int) -> Edge | None:
        """The loop's variable is a parameter of what moves, and must stay what it is."""
        assert turn.loop.turns is not None
        again = [s for s in symbols_of(turn.loop.turns.names) if s in binds]
        if not again:
            return None
        words = f"a turn binds `{again[0].rpartition(':')[2]}`, which the loop binds, again"
        return Edge(EdgeKind.OUTPUT, words, line)

    def _leaves(self, turn: Turn, host: Site, chain: Chain) -> Edge | None:
        """A turn goes on to its calls, or fails; and there is a next one."""
        name = chain.members[0].facts.name
        start = host.block.statements[chain.begin].span.start
        for statement in turn.statements:
            ahead = statement.span.end <= start
            inside = host.block.statements[: chain.begin] if host is not turn.body and \
                statement.span.start <= start < statement.span.end else ()  # fmt: skip
            skips = ahead or any("continue" in leaving(s) for s in inside)
            for word in leaving(statement):
                line = statement.span.line
                if skips and word == "continue":
                    words = f"`{word}` in line {line} may end a turn before `{name}`"
                    return Edge(EdgeKind.CONTROL, words, line)
                if word not in STAYING:
                    words = f"`{word}` in line {line} may end the loop"
                    return Edge(EdgeKind.CONTROL, words, line)
        return None

    def _dependent(
        self, turn: Turn, host: Site, chain: Chain, own: Sequence[Event], binds: frozenset[str]
    ) -> Edge | None:
        """What another turn, or the rest of this one, does to what is started ahead."""
        prints, turns, loop = self.footprints, turn.loop.turns, turn.loop
        assert turns is not None
        does = prints.of_events(own)
        # The function of the chain has these names for itself.
        private = as_seen_by_others(does, binds, made_within(own, does, self.inference))
        other = of_another_turn(private, varying(loop.events[header_end(loop) :]))
        around = self.sites.surroundings(turn.body)
        fails = may_fail(turn.statements, prints)
        header = prints.of_events([Iterate(value) for value in live(turns.value, self.inference)])
        for part in self._rest(turn, own):
            here = replace(part.footprint, controls=())
            before = replace(here, raises=here.raises and fails)
            at = part.statement
            edge = self.turning.changes_header(at, header, here)
            if not part.behind:
                edge = edge or self._blocked(at, here, chain, private, around)
            edge = edge or self._blocked(at, before, chain, other, around)
            if edge is not None:
                return edge
        at = host.block.statements[chain.end]
        mine = replace(private, raises=private.raises and fails)
        edge = self.turning.changes_header(at, header, does)
        if edge is None:
            edge = self._blocked(at, mine, chain, other, around)
            if edge is not None:
                words = edge.words.replace(f"line {edge.line}", "one turn", 1)
                edge = replace(edge, words=f"{words} (in another turn)")
        return edge

    def _blocked(
        self, at: Statement, earlier: Footprint, chain: Chain, later: Footprint,
        around: Surroundings,
    ) -> Edge | None:  # fmt: skip
        """What keeps a chain, which does ``later``, behind ``earlier``."""
        for member in chain.members:
            whole = replace(member, footprint=later)
            edge = blocking(Pair(at, earlier, whole, around, self.footprints))
            if edge is not None:
                return edge
        for one, two in product(earlier.handles, later.handles):
            if overlap(one, two) is not Overlap.NEVER:
                words = f"line {at.span.line} uses {describe(two)}, and so does a turn beside it"
                return Edge(EdgeKind.EXCLUSIVE, words, at.span.line, resource=describe(two))
        return None

    # -- events --------------------------------------------------------------------------------

    def _own(self, host: Site, chain: Chain) -> list[Event]:
        """What the chain does, as it is started ahead."""
        statements = host.block.statements
        end = chain.end + 1 if chain.whole else chain.end
        events = [e for s in statements[chain.begin : end] for e in s.events]
        if not chain.whole:
            call = chain.members[-1].call
            made = next(e for e in statements[chain.end].events
                        if isinstance(e, Invoke) and e.call is call)  # fmt: skip
            events += [*call.setup, made]
        return events

    def _binds(self, host: Site, chain: Chain) -> frozenset[str]:
        end = chain.end + 1 if chain.whole else chain.end
        return _bound(host.block.statements[chain.begin : end])

    def _rest(self, turn: Turn, own: Iterable[Event]) -> Iterator[Part]:
        """What the turns do besides the chain, by statement of the turn."""
        mine = {id(e) for e in own}
        behind = False
        for statement in turn.statements:
            places = [k for k, e in enumerate(statement.events) if id(e) in mine]
            last = places[-1] if places else -1
            early = [e for e in statement.events[: last + 1] if id(e) not in mine]
            if places:
                yield Part(statement, self.footprints.of_events(early))
                behind = True
            late = statement.events[last + 1 :]
            yield Part(statement, self.footprints.of_events(late), behind)

    def _worth(self, turn: Turn, host: Site, chain: Chain) -> LoopPlan | Edge:
        turns = turn.loop.turns
        assert turns is not None
        read = set(_looked_up(self._own(host, chain)))
        inner = tuple(s for s in dict.fromkeys(symbols_of(turns.names)) if s in read)
        found = self.turning.worth(
            turn.site, turn.index, host, chain.members[-1], sieve=turn.sieve, chain=chain,
            inner=inner,
        )  # fmt: skip
        return replace(found, body=turn.body, host=host) if isinstance(found, LoopPlan) else found


def _awaiting(event: Event) -> bool:
    return isinstance(event, AwaitValue) or (isinstance(event, Invoke) and event.call.awaited)


def _awaits(events: Iterable[Event]) -> bool:
    return any(map(_awaiting, events))


def _count(statement: Statement) -> int:
    return sum(map(_awaiting, statement.events))


def _bound(statements: Iterable[Statement]) -> frozenset[str]:
    return frozenset(e.symbol for s in statements for e in s.events if isinstance(e, Define))


def _looked_up(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        if isinstance(event, (Use, Store, Mutate)):
            yield event.place.symbol
