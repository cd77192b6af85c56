"""May chains that were undone from the output run beside what stays in place? (contract §3, §7)

Asked of the original's events, pair by pair, and without a plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .dependence import blocking, conflict_of
from .edges import Member, Pair
from .effects.model import overlap
from .effects.selector import Name, Overlap
from .footprint import Footprint, visible_writes
from .ir import Define, Event, Invoke, Mutate, Shape, Statement, Store, Use
from .lowering.compare import expression_form
from .members import awaited_in, member_of, risk_key, several_of, shown
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
from .sites import Site, Sites
from .undo_chains import Chained, Moved


def chains_refusal(chained: Chained, site: Site | None, sites: Sites, text: str) -> str:
    """Why the chains must not be run like that, or ""."""
    if site is None or not site.function.name:
        return "the chains do not stand in an async function"
    forbidden = sites.forbidden(site)
    if forbidden is not None:
        return forbidden.words
    if len(chained.moved) + 1 > sites.config.max_concurrency:
        return f"more than {sites.config.max_concurrency} calls at once"
    for moved in chained.moved:
        reason = _Check(chained, moved, site, sites, text).refusal()
        if reason:
            return reason
    return ""


def moved_refusal(moved: Moved, site: Site, sites: Sites, text: str) -> str:
    """Why statements must not run in a function of their own, wherever it is called, or ""."""
    chained = Chained(0, moved.begin, moved.end, (moved,), frozenset())
    return _Check(chained, moved, site, sites, text).refusal()


class _Check:
    """One chain, or one call that is started by itself."""

    def __init__(self, chained: Chained, moved: Moved, site: Site, sites: Sites, text: str) -> None:
        self.moved, self.site, self.sites, self.text = moved, site, sites, text
        self.prints = sites.footprints
        self.first = chained.first
        self.around = sites.surroundings(site)
        self.statements = site.block.statements
        self.scope = site.function.scope
        self.named = {n for f in sites.module.functions for n in f.locals} | {
            s.removeprefix(":") for s in sites.module.symbols if s.startswith(":")
        }
        whole = moved.end + 1 if moved.whole else moved.end
        self.links = range(moved.begin, whole)
        self.own: list[Event] = [e for s in self.links for e in self.statements[s].events]

    def refusal(self) -> str:
        for s in self.links:
            if reason := self._link(self.statements[s], s):
                return reason
        last = self._last()
        if isinstance(last, str):
            return last
        then = last.call.setup if last is not None else ()
        self.own += then
        return self._names(then) or self._kept(last) or self._early(last)

    # -- what moves ----------------------------------------------------------------------------

    def _link(self, statement: Statement, s: int) -> str:
        line = statement.span.line
        does = self.prints.of(statement)
        if does.everything or does.controls or does.affine:
            return f"line {line}: {does.everything or does.affine or does.controls[0]}"
        reason = unfit(statement, self.sites) or unreadable(statement, self.text, self.named)
        if reason:
            return reason
        members = self._members(statement, s)
        if isinstance(members, str):
            return members
        calls = {m.call.id for m in members}
        rest = [e for e in statement.events if not (isinstance(e, Invoke) and e.call.id in calls)]
        beside = self.prints.of_events(rest)
        if acts(beside):
            return f"line {line} does more to the world than it awaits"
        if visible_writes(beside, self.around):
            return f"line {line} does what a failing run shows"
        return ""

    def _members(self, statement: Statement, s: int) -> list[Member] | str:
        bound = self.sites.bound_at(self.site, s)
        line = statement.span.line
        if statement.blocks:
            if transparent(self.prints.of(statement).calls, self.prints):
                return f"line {line} may leave a coroutine unawaited"
            return awaited_members(s, statement, self.prints)
        count = sum(c.awaited for c in self.prints.of(statement).calls)
        if count != len(awaited_in(statement)):
            return f"line {line} awaits in a way that is not known"
        if count > 1:
            found = several_of(s, statement, self.prints, bound)
        else:
            found = [member_of(s, statement, self.prints, bound, inside=True)] if count else []
        members: list[Member] = []
        for member, edge in found:
            if member is None:
                return edge.words if edge is not None else f"line {line} awaits no call"
            members.append(member)
        return members

    def _last(self) -> Member | str | None:
        """The call of a last statement that stays in place."""
        if self.moved.whole:
            return None
        statement = self.statements[self.moved.end]
        line = statement.span.line
        bound = self.sites.bound_at(self.site, self.moved.end)
        member, edge = member_of(
            self.moved.end, statement, self.prints, bound, inside=self.moved.own
        )
        if member is None:
            return edge.words if edge is not None else f"line {line} does not await one call"
        span = member.call.span
        call = self.text[span.start : span.end]
        if expression_form(call) != self.moved.call:
            return f"line {line} awaits another call"
        return unreadable_call(call) or member

    # -- names ---------------------------------------------------------------------------------

    def _names(self, then: Sequence[Event]) -> str:
        symbols = self.sites.module.symbols
        binds = dict.fromkeys(
            e.symbol for s in self.links for e in self.statements[s].events
            if isinstance(e, Define) and not e.symbol.startswith(f"{self.scope}.<comp>")
        )  # fmt: skip
        sure = frozenset[str]().union(
            *(self.prints.binding.binds(self.statements[s]) for s in self.links)
        )
        for symbol in binds:
            name = symbol.rpartition(":")[2]
            caught = is_caught(symbol, self.sites)
            if symbol != f"{self.scope}:{name}" or (symbols[symbol].unbound and not caught):
                return f"`{name}` is not a name of the function alone"
            if symbol in self.site.function.exposed or self.around.sees(symbol):
                return f"somebody else sees `{name}`"
            if name in self.moved.gives and symbol not in sure:
                return f"`{name}` may not be bound at the end of the chain"
        given = {f"{self.scope}:{name}" for name in self.moved.gives}
        if not given <= set(binds):
            return "a chain gives what it does not bind"
        for symbol in self._outside():
            if symbol in binds and symbol not in given and not is_caught(symbol, self.sites):
                return f"`{symbol.rpartition(':')[2]}` is used after the chain, which keeps it"
        if any(self.statements[s].kind == "AnnAssign" and given & _bound([self.statements[s]])
               for s in self.links):  # fmt: skip
            return "an annotation is lost"
        if not self.moved.own:
            return ""
        bound = self.sites.bound_at(self.site, self.moved.begin)
        reading = Reading(self.sites, self.site.function, binds, bound)
        name = reading.unbound([self.statements[s] for s in self.links], then)
        return f"`{name}` may not be bound where it is read" if name else ""

    def _outside(self) -> set[str]:
        """What is looked up where the chain's names may be seen: not before it, unless it loops."""
        everything = Counter(_looked(e for s in self.site.function.block.statements
                                     for e in s.events))  # fmt: skip
        everything.subtract(_looked(self.own))
        if not any(parent.kind in ("For", "While") for parent, _ in self.site.parents):
            everything.subtract(
                _looked(e for s in self.statements[: self.moved.begin] for e in s.events)
            )
        return {symbol for symbol, count in everything.items() if count > 0}

    # -- order ---------------------------------------------------------------------------------

    def _kept(self, last: Member | None) -> str:
        """What the last statement does before its call now comes before the chain is through."""
        statement = self.statements[self.moved.end]
        line = statement.span.line
        if last is None:
            simple = (
                bool(statement.blocks)
                or statement.shape is Shape.BARE
                or (statement.shape is Shape.ASSIGN and statement.target_name.isidentifier())
            )
            return "" if simple else f"line {line} does not end the chain with its call"
        if not self.moved.own:
            return ""
        ahead = last.before
        if ahead.everything or ahead.controls or ahead.raises or visible_writes(ahead):
            return f"line {line} does something before its call, and before the chain is through"
        for s in self.links if not self.moved.gives else ():  # else it comes behind all of them
            does = self.prints.of(self.statements[s])
            if conflict_of(does.effects, ahead.effects, self.prints):
                return f"line {line} uses what the chain changes"
        return ""

    def _early(self, last: Member | None) -> str:
        """No edge may lead from a statement that is passed to one that begins before it."""
        private = _bound(self.statements[s] for s in self.links)
        if last is not None and not self.moved.own:
            known = shown(self.statements, self.first, self.prints)
            if any(risk_key(e) not in known for e in last.risks):
                return f"the arguments of `{last.facts.name}` may raise before anything runs"
            at = self.moved.end
            pair = Pair(self.statements[at], last.before, last, self.around, self.prints)
            if (edge := blocking(pair)) is not None:
                return edge.words
        for k in range(self.first, self.moved.begin):
            earlier = self.prints.of(self.statements[k])
            if swallows(self.statements[k], self.prints):
                earlier = replace(earlier, raises=False, own_risk=False)
            for s in self.links:
                does = _without(self.prints.of(self.statements[s]), private)
                if reason := self._pair(k, earlier, s, does):
                    return reason
            if last is not None:
                member = replace(last, footprint=_without(last.footprint, private))
                pair = Pair(self.statements[k], earlier, member, self.around, self.prints)
                if (edge := blocking(pair)) is not None:
                    return edge.words
        return ""

    def _pair(self, k: int, earlier: Footprint, s: int, does: Footprint) -> str:
        line = self.statements[s].span.line
        members = self._members(self.statements[s], s)
        assert not isinstance(members, str)
        for member in members:
            member = replace(member, footprint=does)
            pair = Pair(self.statements[k], earlier, member, self.around, self.prints)
            if (edge := blocking(pair)) is not None:
                return edge.words
        if earlier.everything or earlier.controls or earlier.affine:
            return f"line {line} would pass line {self.statements[k].span.line}"
        if any(overlap(a, b) is not Overlap.NEVER for a in earlier.handles for b in does.handles):
            return f"line {line} uses a handle that is in use"
        if conflict_of(earlier.effects, does.effects, self.prints):
            return f"line {line} needs line {self.statements[k].span.line}"
        return ""


def _bound(statements: Iterable[Statement]) -> frozenset[str]:
    return frozenset(e.symbol for s in statements for e in s.events if isinstance(e, Define))


def _without(footprint: Footprint, private: frozenset[str]) -> Footprint:
    """What is done to anything but the names that the function of the chain has for itself."""
    effects = tuple(
        e for e in footprint.effects
        if not (isinstance(e.resource.selector, Name) and e.resource.selector.symbol in private)
    )  # fmt: skip
    return replace(footprint, effects=effects)


def _looked(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        if isinstance(event, (Use, Store, Mutate)):
            yield event.place.symbol


__all__: Sequence[str] = ("chains_refusal", "moved_refusal")
