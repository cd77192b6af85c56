"""Runs of statements that may be made a task of their own: chains of calls (contract §3, §4).

A chain is a run of statements of one block that ends with an awaited call. All but the last move
into a function of their own, and so does the last one's call, which that function returns; or the
last one moves as a whole, and the function returns what is used later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .dependence import blocking, conflict_of
from .edges import Edge, Member, Pair, Surroundings
from .effects.model import MEMORY, Effect, overlap
from .effects.selector import Name, Overlap
from .footprint import Footprint, visible_writes
from .ir import (
    AwaitValue,
    Control,
    Define,
    Enter,
    Event,
    Invoke,
    Mutate,
    Risk,
    Shape,
    Statement,
    Store,
    Use,
)
from .members import awaited_in, member_of, several_of
from .moved_text import strange_statements
from .sites import Site

if TYPE_CHECKING:
    from .blocks import Planner

LONGEST = 12  # statements of one chain at most: a longer one deserves a function with a real name
_LINKS = frozenset({"Assign", "AnnAssign", "AugAssign", "Expr"})
_LOOPS = frozenset({"For", "While"})


@dataclass(frozen=True, slots=True)
class Chain:
    """Statements ``begin`` to ``end`` of a block, which may start before statement ``limit``.

    ``members``: its awaited calls. ``gives``: the symbols that its function returns; none where the
    last statement stays in its place and takes the result of the last call.
    """

    begin: int
    end: int
    members: tuple[Member, ...]
    gives: tuple[str, ...]
    limit: int
    waits: float


@dataclass(frozen=True, slots=True)
class _Link:
    """A statement that moves as a whole: what it binds, its calls, and what else it does."""

    statement: Statement
    binds: tuple[str, ...]
    members: tuple[Member, ...]
    does: Footprint
    events: tuple[Event, ...]


class Links:
    """The chains of one block."""

    def __init__(
        self, planner: Planner, site: Site, prints: Sequence[Footprint], around: Surroundings
    ) -> None:
        self.inference = planner.inference
        self.footprints = planner.footprints
        self.sites = planner.sites
        self.site = site
        self.prints = prints
        self.around = around
        self.statements = site.block.statements
        self._links: dict[int, _Link | None] = {}
        self._uses = Counter(
            _looked_up(e for s in site.function.block.statements for e in s.events)
        )
        self._again = any(parent.kind in _LOOPS for parent, _ in site.parents)

    def ending_at(self, last: Member, solo: Collection[int]) -> list[Chain]:
        """The chains whose last call is ``last``, the shortest first; ``solo``: who may move."""
        found: list[Chain] = []
        j = last.index
        for i in range(j - 1, max(-1, j - LONGEST), -1):
            if i not in solo or self._link(i) is None:
                break
            chain = self._chain(i, j, last)
            if chain is not None:
                found.append(chain)
        return found

    # -- what may move -------------------------------------------------------------------------

    def _link(self, i: int) -> _Link | None:
        if i not in self._links:
            self._links[i] = self._made(i)
        return self._links[i]

    def _made(self, i: int) -> _Link | None:
        statement = self.statements[i]
        does = self.prints[i]
        if statement.kind not in _LINKS or not statement.solo:
            return None
        if does.controls or does.everything or does.affine:
            return None
        if any(isinstance(e, (Control, AwaitValue, Enter)) for e in statement.events):
            return None
        binds = self._binds(statement.events)
        if binds is None:
            return None
        text = self.inference.text[statement.span.start : statement.span.end]
        if strange_statements(text):
            return None
        members = self._members(i)
        if members is None:
            return None
        own = {m.call.id for m in members}
        rest = [e for e in statement.events if not (isinstance(e, Invoke) and e.call.id in own)]
        beside = self.footprints.of_events(rest)
        if any(e.resource.domain not in (MEMORY, "log") for e in beside.effects):
            return None  # what is not awaited would hold up, or be seen by, what runs beside it
        if visible_writes(beside, self.around):
            return None
        return _Link(statement, binds, members, does, statement.events)

    def _binds(self, events: Iterable[Event]) -> tuple[str, ...] | None:
        """The function's own names that are bound, or None if others may see that."""
        scope = self.site.function.scope
        symbols = self.inference.module.symbols
        found: dict[str, None] = {}
        for event in events:
            if not isinstance(event, Define) or event.symbol.startswith(f"{scope}.<comp>"):
                continue
            symbol = event.symbol
            if (
                not symbol.startswith(f"{scope}:")
                or event.guarded
                or symbol in self.site.function.exposed
                or self.around.sees(symbol)
                or symbol not in symbols
                or symbols[symbol].unbound
            ):
                return None
            found[symbol] = None
        return tuple(found)

    def _members(self, i: int) -> tuple[Member, ...] | None:
        statement, bound = self.statements[i], self.sites.bound_at(self.site, i)
        awaited = awaited_in(statement)
        everything = [c for c in self.prints[i].calls if c.awaited]
        if len(everything) != len(awaited):
            return None
        if not awaited:
            return ()
        if len(awaited) > 1:
            several = [m for m, _ in several_of(i, statement, self.footprints, bound)]
            members = [m for m in several if m is not None]
            return tuple(members) if len(members) == len(several) else None
        member, _ = member_of(i, statement, self.footprints, bound, inside=True)
        return None if member is None else (member,)

    # -- a chain -------------------------------------------------------------------------------

    def _chain(self, i: int, j: int, last: Member) -> Chain | None:
        links = [link for k in range(i, j) if (link := self._link(k)) is not None]
        if not links[0].binds or strange_statements(_text(self, last)):
            return None
        final = last
        kept = _without(last.statement.events, (*last.call.setup, Invoke(last.call)))
        binds = dict.fromkeys(s for link in links for s in link.binds)
        own = [e for link in links for e in link.events]
        gives: tuple[str, ...] = ()
        outside = self._outside(i, [*own, *last.call.setup])
        if any(outside[s] for s in binds):
            link = self._link(j)
            target = self._target(last.statement)
            if link is None or target is None or len(link.members) != 1:
                return None
            links.append(link)
            final = replace(link.members[0], footprint=link.does)
            kept = ()
            binds |= dict.fromkeys(link.binds)
            own += link.events
            outside = self._outside(i, own)
            gives = tuple(s for s in binds if outside[s] or s in link.binds)
            if any(self._annotated(s, links) for s in gives):
                return None
        else:
            own += last.call.setup
        later = set(_looked_up(own[len(links[0].events) :]))
        if later.isdisjoint(links[0].binds):
            return None  # what nothing in it needs would better stay in front of it
        if not self._bound_first(own, binds, i) or not self._stays(kept, links):
            return None
        moved = [m for link in links for m in link.members if m.index != j]
        members = (*moved, final)
        limit = self._limit(i, links, final, frozenset(binds))
        return Chain(i, j, members, gives, limit, self.footprints.waits([m.call for m in members]))

    def _outside(self, i: int, own: Iterable[Event]) -> Counter[str]:
        """How often a symbol is looked up by others who may see what the chain binds."""
        others = self._uses - Counter(_looked_up(own))
        if not self._again:
            before = (e for k in range(i) for e in self.statements[k].events)
            others -= Counter(_looked_up(before))
        return others

    def _target(self, statement: Statement) -> str | None:
        """What a statement that moves as a whole binds by its call: one name, or nothing."""
        if statement.annotated:
            return None
        if statement.shape is Shape.BARE:
            return ""
        simple = statement.shape is Shape.ASSIGN and statement.target_name.isidentifier()
        return statement.target_name if simple else None

    def _annotated(self, symbol: str, links: Sequence[_Link]) -> bool:
        return any(s.statement.kind == "AnnAssign" and symbol in s.binds for s in links)

    def _bound_first(self, own: Iterable[Event], binds: Collection[str], i: int) -> bool:
        """Is each name bound when the chain reads it, by itself or before it begins?"""
        known: set[str] = set()
        bound = self.sites.bound_at(self.site, i)
        for event in own:
            if isinstance(event, Define):
                known.add(event.symbol)
            elif isinstance(event, (Use, Store, Mutate)):
                symbol = event.place.symbol
                if symbol in binds and symbol not in known:
                    return False
                named = isinstance(event, Use) and event.risk is Risk.NAME
                if named and symbol not in known and not self.footprints.certain(symbol, bound):
                    return False
        return True

    def _stays(self, kept: Sequence[Event], links: Sequence[_Link]) -> bool:
        """May what a last statement evaluates before its call come before the chain has ended?"""
        ahead: list[Event] = []
        for event in kept:
            if isinstance(event, Invoke) and event.call.awaited:
                break
            ahead.append(event)
        before = self.footprints.of_events(ahead)
        if before.everything or before.controls or before.raises or visible_writes(before):
            return False
        return not any(conflict_of(link.does.effects, before.effects, self.footprints)
                       for link in links)  # fmt: skip

    def _limit(self, i: int, links: Sequence[_Link], final: Member, own: frozenset[str]) -> int:
        """The first statement that all of the chain may start before."""
        for k in range(i - 1, -1, -1):
            if self._edge(k, links, final, own) or i - k > 40:
                return k + 1
        return 0

    def _edge(self, k: int, links: Sequence[_Link], final: Member, own: frozenset[str]) -> bool:
        def blocked(member: Member) -> Edge | None:
            return blocking(Pair(self.statements[k], self.prints[k], member, self.around,
                                 self.footprints))  # fmt: skip

        for link in links:
            does = _private(link.does, own)
            if any(blocked(replace(m, footprint=does)) for m in link.members):
                return True
            if not link.members and _held(self.prints[k], does, self):
                return True
        return blocked(replace(final, footprint=_private(final.footprint, own))) is not None


def _held(earlier: Footprint, later: Footprint, links: Links) -> bool:
    """Must a statement without awaits stay behind an earlier one?"""
    if earlier.everything or earlier.controls or earlier.affine:
        return True
    if any(overlap(a, b) is not Overlap.NEVER for a in earlier.handles for b in later.handles):
        return True
    return conflict_of(earlier.effects, later.effects, links.footprints) is not None


def _private(footprint: Footprint, own: frozenset[str]) -> Footprint:
    """What is left if names that the chain binds for itself alone are left out."""

    def is_own(effect: Effect) -> bool:
        selector = effect.resource.selector
        return isinstance(selector, Name) and selector.symbol in own

    return replace(footprint, effects=tuple(e for e in footprint.effects if not is_own(e)))


def _without(events: Sequence[Event], gone: Sequence[Event]) -> tuple[Event, ...]:
    """What a statement evaluates without a call; the call is marked by its `Invoke`."""
    ids = {id(e) for e in gone}
    calls = {e.call.id for e in gone if isinstance(e, Invoke) and e.call.awaited}
    left: list[Event] = []
    for event in events:
        own = isinstance(event, Invoke) and event.call.id in calls
        if own or id(event) not in ids:
            left.append(event)
    return tuple(left)


def _text(links: Links, member: Member) -> str:
    return links.inference.text[member.call.span.start : member.call.span.end]


def _looked_up(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        if isinstance(event, (Use, Store, Mutate)):
            yield event.place.symbol
