"""Operators and attribute accesses that run code of the same file (contract §2, *Calls*)."""

from __future__ import annotations

from .effects.selector import AnyKey, Attr, Step, SymKey
from .ir import Event, Mutate, Operate, Place, Risk, Store, Use, Value
from .resolve import Resolver

#: Special methods of attribute and item access: not what an operator calls.
#: Built-in containers pass operators on to what they hold.
_HOLDING = frozenset({
    "builtins.list", "builtins.dict", "builtins.set", "builtins.tuple", "builtins.frozenset",
})  # fmt: skip
_ACCESS = frozenset({
    "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__getitem__", "__setitem__",
    "__delitem__", "__missing__", "__get__", "__set__", "__set_name__", "__del__", "__repr__",
    "__reduce__", "__getstate__", "__setstate__", "__copy__", "__deepcopy__",
})  # fmt: skip


def own_code(resolver: Resolver, event: Event) -> str:
    """Properties, descriptors and special methods of classes of this file are code."""
    if not resolver.module.classes:
        return ""
    if isinstance(event, Operate):
        return next((found for v in event.values if (found := _special(resolver, v, event))), "")
    place = event.place if isinstance(event, (Use, Store, Mutate)) else None
    if place is None:
        return ""
    for i, step in enumerate(place.steps):
        owner = resolver.place_type(Place(place.symbol, place.steps[:i]))
        found = _computed(resolver, owner, step, event if i == len(place.steps) - 1 else None)
        if found:
            return found
    return ""


def _computed(resolver: Resolver, owner: str, step: Step, event: Event | None) -> str:
    """Does taking one step from an object of type ``owner`` run code of this file?"""
    keys = resolver.own.dunders & {"__hash__", "__eq__"}
    if keys and isinstance(step, (SymKey, AnyKey)):
        return f"`{min(keys)}` of a key"
    info = resolver.own.own_class(owner)
    if info is None and owner:
        return ""  # another known type
    if isinstance(step, Attr):
        computed = info.computed if info is not None else resolver.own.computed_names
        if step.name in computed:
            return f"`{owner or '?'}.{step.name}`"
        wanted = {"__setattr__"} if isinstance(event, Store) else {"__getattribute__"}
        if info is not None and not isinstance(event, Store) and step.name not in info.methods:
            wanted.add("__getattr__")
        has = info.methods if info is not None else resolver.own.dunders & {"__getattribute__"}
    else:
        wanted = {"__setitem__"} if isinstance(event, Store) else {"__getitem__", "__missing__"}
        if isinstance(event, Mutate):
            wanted.add("__delitem__")
        has = info.methods if info is not None else resolver.own.dunders
    name = min(wanted & has, default="")
    return f"`{owner or '?'}.{name}`" if name else ""


def _special(resolver: Resolver, value: Value, event: Operate) -> str:
    if value.is_literal or value.immutable:
        return ""
    kind = resolver.type_of(value)
    info = resolver.own.own_class(kind)
    if info is None and kind and kind not in _HOLDING:
        return ""
    # A decorator such as `dataclass` writes methods that call those of the fields.
    plain = info is not None and not info.decorators
    methods = info.methods if info is not None and plain else resolver.own.dunders
    special = {m for m in methods if m in resolver.own.dunders}
    if event.risk is Risk.FORMAT:
        special &= {"__str__", "__format__", "__repr__"}
    else:
        special -= _ACCESS
    name = min(special, default="")
    return f"`{kind or '?'}.{name}`" if name else ""
