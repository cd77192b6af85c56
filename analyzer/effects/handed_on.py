"""Functions that a known callee is handed and calls: `sorted(keys, key=scores.get)`.

A bound method is a function and the object it belongs to. Who is handed it reads that object, and
what the method answers with is part of that object and may be part of the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..container_methods import ANSWER_ITEM
from ..ir import Call, Place, Value
from ..items import of_method
from ..resolve import CONTAINERS
from ..typetext import CLASS, MAPPINGS
from .catalog import Entry
from .containers import shallow
from .selector import AnyKey, Attr, Memory

if TYPE_CHECKING:
    from ..resolve import Resolver
    from .inference import Inference

#: Functions of which the result holds nothing that the function they are handed answers with.
_ASKING = frozenset({
    "builtins.sorted", "builtins.min", "builtins.max", "builtins.filter", "builtins.list.sort",
    "plain.sort", "itertools.takewhile", "itertools.dropwhile", "itertools.filterfalse",
    "heapq.nlargest", "heapq.nsmallest", "bisect.bisect", "bisect.bisect_left",
    "bisect.bisect_right", "bisect.insort", "bisect.insort_left", "bisect.insort_right",
})  # fmt: skip
#: Functions that do not look at what it answers with.
_PASSING = frozenset({"builtins.map", "itertools.starmap"})
#: Functions that call what they are handed with one item of each of their other arguments.
_BY_ITEM = _ASKING | {"builtins.map", "itertools.groupby"}
#: They hand out attributes: what is known of them holds for what is written where they are called.
_REFLECTING = frozenset({"builtins.getattr", "builtins.vars"})


def parameter(entry: Entry, call: Call, value: Value) -> str:
    """The name of the parameter that a positional argument is handed in for, or ""."""
    positional = [a.value for a in call.arguments if a.keyword is None and not a.star]
    for i, candidate in enumerate(positional):
        if candidate is value and i < len(entry.params):
            return entry.params[i]
    return ""


def called(entry: Entry, call: Call) -> Iterator[tuple[str, Value]]:
    """The arguments that an entry's function calls, with the names of their parameters."""
    for a in call.arguments if entry.calls else ():
        name = a.keyword or parameter(entry, call, a.value)
        if name in entry.calls:
            yield name, a.value


def hidden(entry: Entry, call: Call) -> bool:
    """May an argument that is called stand in `*` or `**` arguments?"""
    seen = 0
    for a in call.arguments if entry.calls else ():
        if a.star == "**":
            return True
        if a.star == "*" and any(name in entry.calls for name in entry.params[seen:]):
            return True
        seen += a.keyword is None
    return False


def owner(resolver: Resolver, value: Value) -> Value | None:
    """The object that a bound method, or an attribute of another name, belongs to."""
    place = value.place
    if place is None or not place.steps or not isinstance(place.steps[-1], Attr):
        return None
    before = Place(place.symbol, place.steps[:-1])
    builtin = not before.steps and before.symbol.startswith("builtins:")
    kind = resolver.values.at(before)
    if builtin or kind.name == CLASS or resolver.module_like(before):
        return None
    return None if resolver.defined_thing(before) else Value(place=before)


def entries(resolver: Resolver, value: Value) -> list[Entry]:
    """What is known of a function that is handed over by its name."""
    if value.place is None:
        return []
    name = resolver.types.canonical(resolver.place_name(value.place))
    if name in _REFLECTING:
        return []
    return [e for catalog in resolver.sources for e in catalog.find(name)]


def owners(resolver: Resolver, entry: Entry, call: Call) -> list[Value]:
    """The objects whose methods a call is handed, and calls."""
    found = (owner(resolver, value) for _, value in called(entry, call))
    return [one for one in found if one is not None and not resolver.holds_nothing(one)]


def read(inference: Inference, entry: Entry, call: Call) -> list[Memory]:
    """What the methods that a call is handed look at, and it itself in what they answer with."""
    resolver, found = inference.resolver, list[Memory]()
    for _, value in called(entry, call):
        mine = owner(resolver, value)
        if mine is None or mine.place is None or resolver.holds_nothing(mine):
            continue
        slots = shallow(inference, mine.place) or (
            resolver.call_name(call) in _PASSING
            and _method(value) in ANSWER_ITEM
            and resolver.type_of(mine) in CONTAINERS | MAPPINGS
        )
        found.append(
            inference.memory(mine.place.then(AnyKey()), deep=False)
            if slots else inference.memory(mine.place)
        )  # fmt: skip
    return found


def answers(resolver: Resolver, entry: Entry, call: Call) -> list[tuple[Value, bool]]:
    """The objects of which parts may come back: `map(orders.get, ids)` holds orders.

    With each whether these are its items.
    """
    if entry.returns == "immutable" or resolver.call_name(call) in _ASKING:
        return []
    return [
        (one, _method(value) in ANSWER_ITEM and resolver.type_of(one) in CONTAINERS | MAPPINGS)
        for _, value in called(entry, call)
        if (one := owner(resolver, value)) is not None and not _fixed(resolver, value, one)
    ]


def _method(value: Value) -> str:
    last = value.place.steps[-1] if value.place is not None and value.place.steps else None
    return last.name if isinstance(last, Attr) else ""


def _fixed(resolver: Resolver, value: Value, receiver: Value) -> bool:
    """Does a bound method answer with what never changes?"""
    found = entries(resolver, value)
    if found and all(entry.returns == "immutable" for entry in found):
        return True
    kind = of_method(resolver.values.of(receiver), _method(value), ())
    return kind is not None and resolver.immutable_type(kind.name)


def dunders(resolver: Resolver, entry: Entry, call: Call) -> tuple[str, ...]:
    """The special methods that a call runs, by what it is handed as well."""
    more = [
        name
        for _, value in called(entry, call)
        for one in entries(resolver, value)
        for name in one.dunders
    ]
    return tuple(dict.fromkeys((*entry.dunders, *more)))


def follows(inference: Inference, call: Call, value: Value) -> bool:
    """Is it known what calling a function does: a lambda (lowered in place), a pure builtin?"""
    if value.function == "lambda" or (value.is_literal and value.literal is None):
        return True
    resolver = inference.resolver
    found = entries(resolver, value)
    if not found or not all(e.pure and not (e.calls or e.is_async or e.lazy) for e in found):
        return False
    mine = owner(resolver, value)
    info = resolver.type_info(resolver.type_of(mine)) if mine is not None else None
    if info is not None and info.handle:
        return False
    if not any(e.iterates for e in found):
        return True
    by_item = resolver.call_name(call) in _BY_ITEM
    return by_item and all(
        inference.iterable(Value(held=(a.value,), element=True))
        for a in call.arguments
        if a.value is not value
    )


def bound_method(resolver: Resolver, value: Value) -> bool:
    """Is it, or does it hold, a method of a known object, which somebody may call?"""
    if any(bound_method(resolver, held) for held in value.held):
        return True
    return owner(resolver, value) is not None and bool(entries(resolver, value))
