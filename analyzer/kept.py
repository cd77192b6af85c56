"""State that functions of the project keep between calls, named as what it is.

A note that two calls both change `tools._cache` says too little: that it is a cache which fills
itself is what its author needs to see, and the declaration that says that this does not matter. The
shapes are only recognised to say so: they never make a call known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from .chains import Chains
from .dependence import meet, not_speculatable
from .edges import EdgeKind
from .effects.benign import names_of
from .effects.model import COMMUTATIVE, MEMORY, Effect, Resource
from .effects.selector import Attr, Memory
from .footprint import Footprints
from .hops import Hop, Inside
from .ir import (
    Call,
    Control,
    Define,
    Event,
    Invoke,
    Mutate,
    Place,
    Statement,
    Store,
    Use,
    Value,
)

_FILLING = frozenset({"setdefault"})
_ASKING = frozenset({"get", "__contains__"})
_KINDS = frozenset({
    EdgeKind.FLOW, EdgeKind.ANTI, EdgeKind.OUTPUT, EdgeKind.EFFECT, EdgeKind.FAILURE,
})  # fmt: skip


class Shape(StrEnum):
    """What a write of kept state looks like, in words that follow the function's name."""

    CACHE = "fills the cache {}"
    SINGLETON = "makes {} when it is first needed"
    COUNTER = "counts in {}"
    OTHER = "changes {}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A write of kept state: its shape, the name to declare, the function and the place."""

    shape: Shape
    name: str
    function: str
    module: str
    hop: Hop

    def words(self, here: str) -> str:
        """In words, the place without the file if that is ``here``."""
        hop = self.hop
        function, name, place = self.function, self.name, f"{hop.filename}:{hop.line}"
        if hop.filename == here:
            place = f"line {hop.line}"
            function = function.removeprefix(f"{self.module}.")
            name = name.removeprefix(f"{self.module}.")
        return f"`{function}` {self.shape.format(f'`{name}`')} ({place})"


@dataclass(frozen=True, slots=True)
class Held:
    """What holds two calls apart: writes of kept state, and the declaration that would end it."""

    kept: tuple[Kept, ...] = ()
    benign: tuple[str, ...] = ()

    def words(self, here: str) -> str:
        found = "; ".join(kept.words(here) for kept in self.kept)
        if self.benign:
            names = ", ".join(f'"{name}"' for name in self.benign)
            found += f"; if that does not matter: `benign = [{names}]`"
        return found


def held_by(
    chains: Chains, footprints: Footprints, kind: EdgeKind, earlier: Statement, later: Call
) -> Held:
    """Which kept state holds a later call behind an earlier statement, if nothing else does."""
    if kind not in _KINDS:
        return Held()
    if not any(chains.summary(c) for c in (*footprints.of(earlier).calls, later)):
        return Held()
    facts = footprints.inference.facts(later)
    writes: dict[Effect, Sequence[Call]] = {}
    if kind is EdgeKind.FAILURE:
        if not not_speculatable(facts, unsafe=False).startswith("writes "):
            return Held()
        found = (e for e in facts.writes if e.resource.domain not in COMMUTATIVE)
        writes = dict.fromkeys(found, (later,))
    else:
        first, second = footprints.of(earlier), footprints.of_call(later)
        for one in first.effects:
            for other in second.effects:
                if not (one.derived or other.derived) and meet(one, other, footprints):
                    if one.writes:
                        writes.setdefault(one, first.calls)
                    if other.writes:
                        writes.setdefault(other, second.calls)
    kept: dict[tuple[Shape, str], Kept] = {}
    whole = bool(writes)
    for effect, calls in writes.items():
        one = next((k for c in calls for k in _kept(chains, footprints, c, effect)), None)
        whole = whole and one is not None and one.shape is not Shape.OTHER
        if one is not None:
            kept.setdefault((one.shape, one.name), one)
    names = tuple(dict.fromkeys(f"memory:{k.name}" for k in kept.values())) if whole else ()
    shaped = {k.name for k in kept.values() if k.shape is not Shape.OTHER}
    return Held(
        tuple(k for k in kept.values() if k.shape is not Shape.OTHER or k.name not in shaped),
        names,
    )


def _kept(chains: Chains, footprints: Footprints, call: Call, effect: Effect) -> Iterator[Kept]:
    facts = footprints.inference.facts(call)
    if effect.resource.domain != MEMORY or effect not in facts.effects:
        return
    hop = chains.effect(call, effect)[-1]
    inside, event = hop.inside, hop.event
    if inside is None or event is None:
        return
    place = _written(event)
    names = names_of(inside.inference, Resource(MEMORY, Memory(place.symbol, place.steps))) \
        if place is not None else []  # fmt: skip
    if place is None or not names:
        return
    module = inside.inference.resolver.module_name
    function = f"{module}.{inside.function.qualname}"
    yield Kept(_shape(inside, event, place), names[-1], function, module, hop)


def _written(event: Event) -> Place | None:
    match event:
        case Define(symbol=symbol):
            return Place(symbol)
        case Store(place=place) | Mutate(place=place):
            return place
        case Invoke(call=call):
            return call.receiver.place if call.receiver is not None else None
        case _:
            return None


# ------------------------------------------------------------------------------------------ shapes


def _shape(inside: Inside, event: Event, place: Place) -> Shape:
    counted = _counted(inside, event, place)
    if counted:
        return Shape.COUNTER
    if isinstance(event, Invoke) and event.call.method in _FILLING:
        return Shape.CACHE
    last = place.steps[-1] if place.steps else None
    if isinstance(event, Store) and last is not None and not isinstance(last, Attr):
        return Shape.CACHE if _fills(inside, event) else Shape.OTHER
    if isinstance(event, (Define, Store)) and _made_once(inside, event, place):
        return Shape.SINGLETON
    return Shape.OTHER


def _counted(inside: Inside, event: Event, place: Place) -> bool:
    """`hits += 1`, of which nothing else in the function looks at the sum."""
    events = inside.events
    sums = [
        after.value
        for before, after in pairwise(events)
        if isinstance(before, Mutate)
        and before.place == place
        and isinstance(after, (Define, Store))
    ]
    added = [v.held[1] for v in sums if len(v.held) == 2]
    uses = sum(isinstance(e, Use) and e.place == place for e in events)
    return (
        isinstance(event, (Define, Store, Mutate))
        and bool(sums)
        and len(added) == len(sums) == uses
        and all(v.is_literal and type(v.literal) in (int, float) for v in added)
    )


def _fills(inside: Inside, event: Store) -> bool:
    """Is what is stored under a key only stored if it was not there, and then answered or used?"""
    container = Place(event.place.symbol, event.place.steps[:-1])
    if event.value.held:  # what an operator or a display makes of it
        return False
    asked = _asking(inside, container)
    guards = {
        id(inside.around(e)[-1])
        for e in inside.events
        if _looks(e, container, asked) and inside.around(e)[-1].kind == "If"
    }
    answers = [e for e in inside.events if isinstance(e, Control) and e.word == "return"]
    hits = any(
        _from(e.value, container, asked)
        and any(id(s) in guards or s.kind == "Try" for s in inside.around(e))
        for e in answers
    )
    stored = any(id(s) in guards for s in inside.around(event))
    returned = any(
        _from(e.value, container, asked) or _same(inside, e.value, event.value) for e in answers
    )
    used = any(
        isinstance(e, Use) and e.place.symbol in asked and id(inside.around(e)[-1]) not in guards
        for e in inside.events
    )
    return (returned or (used and stored)) and (hits or stored)


def _asking(inside: Inside, container: Place) -> set[str]:
    """Names, and results of calls, that hold what the container had under a key."""
    found: set[str] = set()
    for event in inside.events:
        if isinstance(event, Invoke) and event.call.method in _ASKING:
            receiver = event.call.receiver
            if receiver is not None and receiver.place == container:
                found.add(event.call.symbol)
        elif isinstance(event, Define) and _from(event.value, container, found):
            found.add(event.symbol)
    return found


def _from(value: Value, container: Place, asked: set[str]) -> bool:
    place = value.place
    if place is None:
        return False
    if not place.steps and place.symbol in asked:
        return True
    item = bool(place.steps) and not isinstance(place.steps[-1], Attr)
    return item and Place(place.symbol, place.steps[:-1]) == container


def _same(inside: Inside, value: Value, stored: Value) -> bool:
    """Is a value that is returned the one that was stored?"""
    if value.place is None or stored.place is None:
        return False
    if value.place == stored.place:
        return True
    return any(
        isinstance(e, Define) and e.symbol == value.place.symbol and e.value.place == stored.place
        for e in inside.events
    )


def _looks(event: Event, container: Place, asked: set[str]) -> bool:
    if not isinstance(event, Use):
        return False
    return event.place == container or (event.place.symbol in asked and not event.place.steps)


def _made_once(inside: Inside, event: Define | Store, place: Place) -> bool:
    """Is it only set, to something new, where it is seen to be not there yet?"""
    stored = event.value
    made = stored.fresh or (stored.place is not None and stored.place.symbol.startswith("call#"))
    if not made and stored.place is not None:  # by way of a local name
        made = any(
            isinstance(e, Define) and e.symbol == stored.place.symbol and e.value.place is not None
            and e.value.place.symbol.startswith("call#")
            for e in inside.events
        )  # fmt: skip
    return made and any(
        statement.kind == "If"
        and any(isinstance(e, Use) and e.place == place and inside.around(e)[-1] is statement
                for e in inside.events)
        for statement in inside.around(event)
    )  # fmt: skip
