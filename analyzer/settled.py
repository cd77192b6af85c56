"""Which local containers stay as they were made: nothing is put into them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .classes import events_of
from .ir import SLICE, Call, Define, Invoke, Mutate, Store, Value

if TYPE_CHECKING:
    from .resolve import Resolver

_CHANGING = frozenset({
    "append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove",
    "discard", "clear", "sort", "reverse", "appendleft", "__setitem__", "__iadd__",
})  # fmt: skip


def settled(resolver: Resolver, symbol: str) -> bool:
    """Is a local container never changed, stored, or handed to anybody but a builtin?"""
    if symbol.startswith((":", "call#")):
        return False
    found = resolver.changed
    if found is None:
        found = resolver.changed = _changed(resolver)
    return symbol not in found


def _changed(resolver: Resolver) -> frozenset[str]:
    found: set[str] = set()
    for function in resolver.module.functions:
        found |= function.exposed
        for event in events_of(function):
            if isinstance(event, (Store, Mutate)):
                found.add(event.place.symbol)
            if isinstance(event, (Store, Define)):
                _whole(event.value, found)
            if isinstance(event, Invoke):
                _handed(event.call, found)
    return frozenset(found)


def _handed(call: Call, found: set[str]) -> None:
    receiver = call.receiver
    if receiver is not None and receiver.place is not None and call.method in _CHANGING:
        found.add(receiver.place.symbol)
    place = call.function.place
    if place is not None and place.symbol.startswith("builtins:"):
        return  # such as `len` and `sorted`, which put nothing into what they are handed
    for argument in call.arguments:
        _whole(argument.value, found)


def _whole(value: Value, found: set[str]) -> None:
    """The names that mean the very object, or one that is held by it."""
    if value.place is not None and not value.place.steps:
        found.add(value.place.symbol)
    if not value.element and value.type != SLICE:  # a slice of a list is a new one
        for held in value.held:
            _whole(held, found)
