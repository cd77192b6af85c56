"""Functions that a call is handed and runs, or keeps: may they put something somewhere?

Those of the project say themselves what they put where. A container's own methods, and functions of
libraries, do not: `map(rows.append, found)` puts all that was found into `rows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..classes import events_of, set_by_name
from ..container_methods import LOOK, ONLY_TAKE, PUT_ITEM, PUT_ITEMS
from ..ir import Call, Event, Invoke, Place, Store, Value
from ..lineage import class_at
from .arguments import argument
from .catalog import Entry
from .selector import Attr

if TYPE_CHECKING:
    from ..resolve import Resolver
    from .inference import Inference

#: Functions that make functions: what those do says what they are handed.
_GETTERS = frozenset({"operator.itemgetter", "operator.attrgetter"})
_WRAPPERS = frozenset({"functools.partial", "functools.cmp_to_key"})
_CLASSES = frozenset(
    f"builtins.{name}" for name in ("list", "dict", "set", "int", "str", "float", "len")
)
#: Names are followed so far that mean others.
_FAR = 4


def marks_functions(inference: Inference) -> bool:
    """May a file set attributes of functions, which are objects then that have several names?"""
    resolver = inference.resolver
    if resolver.marks is None:
        resolver.marks = any(
            _marks(resolver, event)
            for function in inference.module.functions
            for event in events_of(function)
        )
    return resolver.marks


def _marks(resolver: Resolver, event: Event) -> bool:
    place = event.place if isinstance(event, Store) else None
    if isinstance(event, Invoke):
        named = set_by_name(event.call)
        place = named[1] if named is not None else None
    if place is None or not isinstance(place.steps[-1], Attr):
        return False
    owner = Place(place.symbol, place.steps[:-1])
    return not resolver.place_type(owner) and not resolver.module_like(owner)


def puts_later(inference: Inference, entry: Entry, call: Call) -> bool:
    """May something that the call is handed put things where nothing in sight puts them?"""
    run = any(not _known(inference, value, 0) for value in _run(entry, call))
    return run or any(_puts(inference, a.value, 0) for a in call.arguments)


def _run(entry: Entry, call: Call) -> Iterator[Value]:
    """The arguments that an entry's function calls."""
    for name in entry.calls:
        found = argument(call, name, entry.params) if name in entry.params else None
        if found is not None:
            yield found
        else:
            yield from (a.value for a in call.arguments if a.keyword == name or a.star == "**")


def _known(inference: Inference, value: Value, depth: int) -> bool:
    """Does a function put nothing anywhere, but by code of the project?"""
    if value.function or (value.is_literal and value.literal is None):
        return True
    place = value.place
    if place is None:
        return bool(value.held) and all(_known(inference, held, depth) for held in value.held)
    if place.steps:
        return _named(inference, place)
    call = inference.module.calls.get(place.symbol)
    if call is not None:
        name = inference.resolver.call_name(call)
        wraps = name in _WRAPPERS and bool(call.arguments)
        return name in _GETTERS or (wraps and _known(inference, call.arguments[0].value, depth))
    info = inference.module.symbols.get(place.symbol)
    if info is not None and info.kind in ("local", "global") and not (info.function or info.cls):
        sure = bool(info.values) and not info.opaque_bindings and depth < _FAR
        return sure and all(_known(inference, one, depth + 1) for one in info.values)
    return bool(info and (info.function or info.cls)) or _named(inference, place)


def _named(inference: Inference, place: Place) -> bool:
    """Is it a function of the project, or one that is known to put nothing anywhere?"""
    resolver = inference.resolver
    last = place.steps[-1] if place.steps else None
    if isinstance(last, Attr):
        if last.name in LOOK | ONLY_TAKE:
            return True
        kind = resolver.place_type(Place(place.symbol, place.steps[:-1]))
        own = class_at(resolver, kind) if "." in kind else None
        if own is not None and last.name in own[1].methods:
            return True
    name = resolver.place_name(place)
    project = resolver.project
    if name in _CLASSES or (project is not None and project.definition(name) is not None):
        return True
    found = [entry for catalog in resolver.sources for entry in catalog.find(name)]
    return bool(found) and not any(map(_writes, found))


def _writes(entry: Entry) -> bool:
    return bool(entry.barrier) or any(target.domain == "memory" for target in entry.writes)


def _puts(inference: Inference, value: Value, depth: int) -> bool:
    """Is it, or does it hold, a function that is known to put something somewhere?"""
    place = value.place
    if place is None:
        return any(_puts(inference, held, depth) for held in value.held)
    last = place.steps[-1] if place.steps else None
    if isinstance(last, Attr) and last.name in PUT_ITEM | PUT_ITEMS:
        return True
    info = inference.module.symbols.get(place.symbol) if not place.steps else None
    if info is not None and info.kind in ("local", "global") and depth < _FAR:
        return any(_puts(inference, one, depth + 1) for one in info.values if not one.fresh)
    resolver = inference.resolver
    if place.symbol.startswith("call#") and not place.steps:
        return False
    name = resolver.place_name(place)
    return any(_writes(e) for catalog in resolver.sources for e in catalog.find(name))
