"""Operators and attribute accesses that run code of the project (contract §2, *Calls*)."""

from __future__ import annotations

from dataclasses import replace

from .classes import is_operator
from .effects.selector import AnyKey, Attr, Step, SymKey
from .fields import family
from .ir import ClassInfo, Event, Mutate, Operate, Place, Risk, Store, Use, Value
from .lineage import class_at, decorator_name
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
    """Properties, descriptors and special methods of classes of the project are code.

    Of objects of unknown type only what the classes of this file define is looked at.
    """
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


def members(resolver: Resolver, kind: str) -> ClassInfo | None:
    """A class of the project with what its bases, and those that inherit from it, define."""
    if not kind:
        return None
    if kind not in resolver.members:
        resolver.members[kind] = _members(resolver, kind)
    return resolver.members[kind]


def _members(resolver: Resolver, kind: str) -> ClassInfo | None:
    if class_at(resolver, kind) is None:
        return None
    found: ClassInfo | None = None
    for level in family(resolver, kind):
        own = level.resolver.own.own_class(level.name)
        if own is not None:
            found = own if found is None else replace(
                found, computed=found.computed | own.computed, methods=found.methods | own.methods,
                decorators=found.decorators + own.decorators,
            )  # fmt: skip
    return found


def _computed(resolver: Resolver, owner: str, step: Step, event: Event | None) -> str:
    """Does taking one step from an object of type ``owner`` run code of this file?"""
    keys = resolver.own.dunders & {"__hash__", "__eq__"}
    if keys and isinstance(step, (SymKey, AnyKey)):
        return f"`{min(keys)}` of a key"
    info = members(resolver, owner)
    if info is None and owner:
        return ""  # another known type
    if isinstance(step, Attr):
        computed = info.computed if info is not None else resolver.own.computed_names
        if step.name in computed and not _only_methods(resolver, owner, step.name):
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


def _only_methods(resolver: Resolver, owner: str, name: str) -> bool:
    """Is what has that name, in all classes that come into question, a function to be called?"""
    levels = family(resolver, owner) if owner else ()
    for own in {id(r): r for r in (resolver, *(level.resolver for level in levels))}.values():
        for qualname, info in own.module.classes.items():
            if name in info.computed:
                found = [f for f in own.module.functions
                         if f.class_scope == qualname and f.name == name]  # fmt: skip
                used = {decorator_name(own, v) for f in found for v in f.decorators}
                if not found or not used or not all(_keeps_method(own, word) for word in used):
                    return False
    return True


def _keeps_method(resolver: Resolver, decorator: str) -> bool:
    harmless = resolver.types.decorators.get(decorator) == "harmless"
    return harmless and not decorator.endswith("property")


def _special(resolver: Resolver, value: Value, event: Operate) -> str:
    if value.is_literal or value.immutable:
        return ""
    kind = resolver.type_of(value)
    info = members(resolver, kind)
    if info is None and kind and kind not in _HOLDING:
        return ""
    methods = info.methods if info is not None else resolver.own.dunders
    if info is not None and info.decorators:
        # A decorator such as `dataclass` writes methods that call those of the fields.
        owners = (resolver, *(level.resolver for level in family(resolver, kind)))
        methods = methods.union(*(owner.own.dunders for owner in owners))
    special = {m for m in methods if is_operator(m)}
    if event.risk is Risk.FORMAT:
        special &= {"__str__", "__format__", "__repr__"}
    else:
        special -= _ACCESS
    name = min(special, default="")
    return f"`{kind or '?'}.{name}`" if name else ""
