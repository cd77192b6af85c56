"""Does an entry apply to a call? By the literals and the types of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir import Call, Value
from .arguments import argument
from .catalog import Entry

if TYPE_CHECKING:
    from ..resolve import Resolver

_DEPTH = 8  # names for names that are followed


def applies(resolver: Resolver, entry: Entry, call: Call) -> bool:
    """Are the conditions of an entry (`when`, `typed`, `select`) met by a call?"""
    for name, allowed in entry.when.items():
        found = argument(call, name, entry.params)
        if found is None:
            if "" not in allowed:
                return False
        elif not _is_one_of(resolver, found, allowed):
            return False
    for name, kinds in entry.typed.items():
        found = argument(call, name, entry.params)
        if found is None or resolver.type_of(found) not in kinds:
            return False
    return not entry.select or _selects(resolver, argument(call, entry.select, entry.params))


def _is_one_of(resolver: Resolver, value: Value, allowed: tuple[object, ...]) -> bool:
    """A literal of the list, or a name that means one of its qualified names."""
    if value.is_literal:
        return value.literal in allowed and value.literal != ""
    return value.place is not None and resolver.place_name(value.place) in allowed


def _selects(resolver: Resolver, value: Value | None) -> bool:
    """Is it an SQL text in sight that only selects?"""
    from .sql import only_selects

    statement = None if value is None else _literal(resolver, value)
    return isinstance(statement, str) and only_selects(statement)


def _literal(resolver: Resolver, value: Value) -> object:
    """The constant that a value is, also by a name of this file that is bound once."""
    for _ in range(_DEPTH):
        if value.is_literal or value.place is None or value.place.steps:
            break
        info = resolver.module.symbols.get(value.place.symbol)
        if info is None or info.kind not in ("local", "global") or info.opaque_bindings:
            return None
        if info.bindings != 1 or len(info.values) != 1:
            return None
        if info.kind == "global" and resolver.values.set_elsewhere(info.name):
            return None
        value = info.values[0]
    return value.literal if value.is_literal else None
