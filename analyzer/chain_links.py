"""Runs of statements that may be made a task of their own: chains of calls (contract §3, §4).

A chain is a run of statements of one block that ends with an awaited call. All but the last move
into a function of their own, and so does the last one's call, which that function returns; or the
last one moves as a whole, and the function returns what is used later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .dependence import Finder, blocking, conflict_of
from .edges import Member, Pair, Surroundings
from .effects.model import Effect, overlap
from .effects.selector import Name, Overlap
from .footprint import Footprint, visible_writes
from .ir import (
    Define,
    Event,
    Invoke,
    Mutate,
    Shape,
    Statement,
    Store,
    Use,
)
from .members import awaited_in, member_of, several_of
from .moved_blocks import (
    Reading,
    acts,
    awaited_members,
    is_caught,
    swallows,
    transparent,
    unfit,
    unreadable,
    unreadable_call,
)
from .sites import Site

if TYPE_CHECKING:
    from .blocks import Planner

_EARLIER = "what it evaluates before its call would come before the rest of its chain"
_END = "what it does with the result of its call would have to move, too"
_UNSURE = "names that are used later may not be bound in it, or are annotated"

LONGEST = 12  # statements of one chain at most: a longer one deserves a function with a real name
_LOOPS = frozenset({"For", "While"})


@dataclass(frozen=True, slots=True)
class Chain:
    """Statements ``begin`` to ``end`` of a block, which may start before statement ``limit``.

    ``members``: its awaited calls. ``whole``: the last statement moves, too, and its function
    returns the symbols ``gives``; else that statement stays in place, and takes the result of the
    last call, behind the symbols ``gives`` where it is the chain of a turn.
    """

    begin: int
    end: int
    members: tuple[Member, ...]
    whole: bool
    gives: tuple[str, ...]
    limit: int
    waits: float


@dataclass(frozen=True, slots=True)
class Link:
    """A statement that moves as a whole: what it binds, its calls, and what else it does."""

    statement: Statement
    binds: tuple[str, ...]
    members: tuple[Member, ...]
    does: Footprint
    events: tuple[Event, ...]


class Links:
    """The chains of one block. ``finders``: the edges that hold one behind a statement, or all."""

    finders: Sequence[Finder] | None = None

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
        self.module_names = _bound_names(planner)
        self._edges: dict[tuple[int, int], bool] = {}  # by statement, and who would pass it
        self._links: dict[int, Link | None] = {}
        self._uses = Counter(
            _looked_up(e for s in site.function.block.statements for e in s.events)
        )
        #: By symbol: the statements of the block that look it up, once for each time.
        self._places: dict[str, list[int]] = {}
        for k, statement in enumerate(self.statements):
            for symbol in _looked_up(statement.events):
                self._places.setdefault(symbol, []).append(k)
        self._again = any(parent.kind in _LOOPS for parent, _ in site.parents)

    def ending_at(self, j: int, last: Member | None, solo: Collection[int]) -> list[Chain]:
        """The chains that end with statement ``j``, the shortest first; ``solo``: who may move.

        ``last``: the call that it ends with, if the statement is a simple one.
        """
        found: list[Chain] = []
        begin = j
        if last is None:
            if not self.statements[j].blocks or self._link(j) is None:
                return []
            begin = j + 1
        for i in range(begin - 1, max(-1, j - LONGEST), -1):
            if i not in solo or self._link(i) is None:
                break
            chain = self._chain(i, j, last)
            if chain is not None:
                found.append(chain)
        return found

    def run(self, i: int, j: int, last: Member | None) -> Chain | None:
        """Statements ``i`` to ``j`` as one chain, wherever it may start; see ``ending_at``."""
        if last is None and not self.statements[j].blocks:
            return None
        if any(self._link(k) is None for k in range(i, j)):
            return None
        return self._chain(i, j, last, turn=True)

    def fits(self, i: int) -> bool:
        """May a statement move as a whole?"""
        return self._link(i) is not None

    def behind(self, i: int, k: int) -> bool:
        """Must a statement that fits stay behind an earlier one?"""
        link = self._link(i)
        return link is None or self._edge(k, [link], (), frozenset())

    # -- what may move -------------------------------------------------------------------------

    def _link(self, i: int) -> Link | None:
        if i not in self._links:
            self._links[i] = self._made(i)
        return self._links[i]

    def _made(self, i: int) -> Link | None:
        statement = self.statements[i]
        does = self.prints[i]
        if not statement.solo or does.controls or does.everything or does.affine:
            return None
        text = self.inference.text
        if unfit(statement, self.sites) or unreadable(statement, text, self.module_names):
            return None
        binds = self._binds(statement)
        members = self._members(i)
        if binds is None or members is None:
            return None
        own = {m.call.id for m in members}
        beside = self.footprints.of_events(
            e for e in statement.events if not (isinstance(e, Invoke) and e.call.id in own)
        )
        if acts(beside) or visible_writes(beside, self.around):
            return None
        return Link(statement, binds, members, does, statement.events)

    def _binds(self, statement: Statement) -> tuple[str, ...] | None:
        """The function's own names that are bound, or None if others may see that."""
        scope = self.site.function.scope
        symbols = self.inference.module.symbols
        found: dict[str, None] = {}
        for event in statement.events:
            if not isinstance(event, Define) or event.symbol.startswith(f"{scope}.<comp>"):
                continue
            symbol = event.symbol
            if (
                not symbol.startswith(f"{scope}:")
                or (event.guarded and not statement.blocks)
                or symbol in self.site.function.exposed
                or self.around.sees(symbol)
                or symbol not in symbols
                or (symbols[symbol].unbound and not is_caught(symbol, self.sites))
            ):
                return None
            found[symbol] = None
        return tuple(found)

    def _members(self, i: int) -> tuple[Member, ...] | None:
        statement, bound = self.statements[i], self.sites.bound_at(self.site, i)
        if statement.blocks:
            inside = awaited_members(i, statement, self.footprints)
            return None if transparent(self.prints[i].calls, self.footprints) else tuple(inside)
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

    def _chain(self, i: int, j: int, last: Member | None, *, turn: bool = False) -> Chain | None:
        """``turn``: it is all that a turn of a loop starts ahead, whatever it begins with."""
        links = [link for k in range(i, j) if (link := self._link(k)) is not None]
        if i < j and links and not turn and not self._used_by_rest(links[0], i, j):
            return None
        own = [e for link in links for e in link.events]
        binds = dict.fromkeys(s for link in links for s in link.binds)
        setup = last.call.setup if last is not None else ()
        outside = self._outside(i, binds, [*own, *setup])
        whole = last is None or any(outside[s] for s in binds)
        if turn and whole and last is not None:  # the last one may stay and take what is given
            ends = self._link(j)
            whole = ends is not None and self._ends(ends)
        then: Sequence[Event] = ()
        final: list[Member] = []
        gives: tuple[str, ...] = ()
        if last is not None and not whole:
            then = last.call.setup
            final = [last]
            gives = tuple(s for s in binds if outside[s] and not is_caught(s, self.sites))
            stays = self._stays(last, () if gives else links) and self._given(gives, links)
            strange = unreadable_call(_text(self, last))
            if (strange or not stays) and self._refuses(j, strange or _EARLIER):
                return None
        else:
            link = self._link(j)
            if link is None:
                return None
            if last is not None and not self._ends(link) and self._refuses(j, _END):
                return None
            links.append(link)
            own += link.events
            binds |= dict.fromkeys(link.binds)
            outside = self._outside(i, binds, own)
            result = link.binds if last is not None else ()
            gives = tuple(
                s for s in binds if (outside[s] or s in result) and not is_caught(s, self.sites)
            )
            if not self._given(gives, links) and self._refuses(j, _UNSURE):
                return None
        if i < j and not turn and not self._needed(links, then):
            return None  # what nothing in it needs would better stay in front of it
        bound = self.sites.bound_at(self.site, i)
        reading = Reading(self.sites, self.site.function, binds, bound)
        unbound = reading.unbound([link.statement for link in links], then)
        if unbound and self._refuses(i, f"`{unbound}` may not be bound in it"):
            return None
        members = (*(m for link in links for m in link.members), *final)
        if not members:
            return None
        limit = i if turn else self._limit(i, links, final, frozenset(binds))
        waits = self.footprints.waits([m.call for m in members])
        return Chain(i, j, members, whole, gives, limit, waits)

    def _refuses(self, _k: int, _words: str) -> bool:
        """Is a chain no chain for what a statement is? Who only asks why says no."""
        return True

    def _ends(self, link: Link) -> bool:
        """May a simple statement that moves as a whole be the last one: a call, bound to a name?"""
        statement = link.statement
        if statement.annotated or len(link.members) != 1:
            return False
        simple = statement.shape is Shape.ASSIGN and statement.target_name.isidentifier()
        return statement.shape is Shape.BARE or simple

    def _used_by_rest(self, link: Link, i: int, j: int) -> bool:
        """Does a statement behind ``i``, up to ``j``, look up what that one binds?"""
        places = (self._places.get(symbol, []) for symbol in link.binds)
        return any(
            (at := bisect_left(found, i + 1)) < len(found) and found[at] <= j for found in places
        )

    def _needed(self, links: Sequence[Link], then: Sequence[Event]) -> bool:
        """Does something in the chain use what its first statement binds?"""
        later = [e for link in links[1:] for e in link.events]
        return not set(_looked_up([*later, *then])).isdisjoint(links[0].binds)

    def _given(self, gives: Collection[str], links: Sequence[Link]) -> bool:
        """Are the names that are returned bound for certain, and without an annotation?"""
        binding = self.footprints.binding
        sure = frozenset[str]().union(*(binding.binds(link.statement) for link in links))
        return set(gives) <= sure and not any(
            link.statement.kind == "AnnAssign" and not set(gives).isdisjoint(link.binds)
            for link in links
        )

    def _outside(self, i: int, binds: Collection[str], own: Iterable[Event]) -> dict[str, int]:
        """How often what the chain binds is looked up by others who may see that."""
        mine = Counter(symbol for symbol in _looked_up(own) if symbol in binds)
        # What stands before it in the block sees it only in the next turn of a loop.
        return {
            symbol: self._uses[symbol]
            - mine[symbol]
            - (0 if self._again else bisect_left(self._places.get(symbol, []), i))
            for symbol in binds
        }

    def _stays(self, last: Member, links: Sequence[Link]) -> bool:
        """May what a last statement evaluates before its call come before the chain has ended?"""
        before = last.before
        if before.everything or before.controls or before.raises or visible_writes(before):
            return False
        return not any(conflict_of(link.does.effects, before.effects, self.footprints)
                       for link in links)  # fmt: skip

    def _limit(
        self, i: int, links: Sequence[Link], final: Sequence[Member], own: frozenset[str]
    ) -> int:
        """The first statement that all of the chain may start before."""
        for k in range(i - 1, -1, -1):
            if i - k > 40 or self._edge(k, links, final, own):
                return k + 1
        return 0

    def _edge(
        self, k: int, links: Sequence[Link], final: Sequence[Member], own: frozenset[str]
    ) -> bool:
        """Does something hold the chain behind statement ``k``? ``own`` names aside, that is."""
        for link in links:
            found = self._held(k, link.members, link.does, id(link), own)
            if found or (not link.members and self._after(k, link.does, own)):
                return True
        return any(self._held(k, (m,), m.footprint, id(m), own) for m in final)

    def _held(
        self, k: int, members: Sequence[Member], does: Footprint, key: int, own: frozenset[str]
    ) -> bool:
        """The same for calls. Without names of its own a chain is held more often: that is kept."""
        if (k, key) not in self._edges:
            self._edges[k, key] = self._blocked(k, members, does)
        return self._edges[k, key] and self._blocked(k, members, private(does, own))

    def _blocked(self, k: int, members: Sequence[Member], does: Footprint) -> bool:
        statement, earlier = self.statements[k], self.prints[k]
        if swallows(statement, self.footprints):
            earlier = replace(earlier, raises=False, own_risk=False)
        return any(
            blocking(Pair(statement, earlier, replace(m, footprint=does), self.around,
                          self.footprints), self.finders) is not None
            for m in members
        )  # fmt: skip

    def _after(self, k: int, does: Footprint, own: frozenset[str]) -> bool:
        """Must a statement without awaits stay behind an earlier one?"""
        key = (k, -id(does))
        if key not in self._edges:
            self._edges[key] = _ordered(self.prints[k], does, self)
        return self._edges[key] and _ordered(self.prints[k], private(does, own), self)


def _ordered(earlier: Footprint, later: Footprint, links: Links) -> bool:
    """Must a statement without awaits stay behind an earlier one?"""
    if earlier.everything or earlier.controls or earlier.affine:
        return True
    if any(overlap(a, b) is not Overlap.NEVER for a in earlier.handles for b in later.handles):
        return True
    return conflict_of(earlier.effects, later.effects, links.footprints) is not None


def private(footprint: Footprint, own: frozenset[str]) -> Footprint:
    """What is left if names that the chain binds for itself alone are left out."""

    def is_own(effect: Effect) -> bool:
        selector = effect.resource.selector
        return isinstance(selector, Name) and selector.symbol in own

    return replace(footprint, effects=tuple(e for e in footprint.effects if not is_own(e)))


def _bound_names(planner: Planner) -> frozenset[str]:
    """The names that the file binds, at any depth: what they mean is no builtin."""
    found = {s.removeprefix(":") for s in planner.module.symbols if s.startswith(":")}
    return frozenset(found).union(*(f.locals for f in planner.module.functions))


def _text(links: Links, member: Member) -> str:
    return links.inference.text[member.call.span.start : member.call.span.end]


def _looked_up(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        if isinstance(event, (Use, Store, Mutate)):
            yield event.place.symbol
