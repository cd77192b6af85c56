"""Attribute stores whose object may be a class: `kind.n = 5` changes what all its objects show.

An object that has no ``n`` of its own shows that of its class (reference, 3.2.11). A class is found
behind a name of unknown type only where classes are used as values: kept in a table, handed on.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .classes import events_of
from .effects.selector import Attr
from .ir import Call, Invoke, Place, Store, Use, Value
from .lineage import ancestry
from .typetext import CLASS

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .index_facts import ClassFact

_ANY = Value(anything=True)
_ASKING = frozenset({"builtins:isinstance", "builtins:issubclass"})


def stores_in_class(inference: Inference, place: Place) -> bool:
    """May the object whose attribute a path sets be a class with an attribute of that name?"""
    if not place.steps or not isinstance(place.steps[-1], Attr):
        return False
    owner = inference.resolver.values.at(Place(place.symbol, place.steps[:-1]))
    if owner.known:
        return owner.name == CLASS
    name = place.steps[-1].name
    return any(
        name in cls.binds - cls.methods and _as_value(inference, cls)
        for cls in inference.index.nearby(inference.resolver.module_name)
    )


def _as_value(inference: Inference, cls: ClassFact) -> bool:
    """Is a class used otherwise than called, asked about or looked into, where it may be known?"""
    last = cls.qualname.rpartition(".")[2]
    module = inference.module_of(cls)
    home = inference.of(module) if module else None
    files = inference.everywhere or (inference, *((home,) if home is not None else ()))
    return any(last in one.class_values or "type" in one.class_values for one in files)


# -- what objects show of their class ------------------------------------------------------------


def shown_by_objects(inference: Inference, home: Inference, kind: str) -> bool:
    """May a changeable object be set on a class, or on one above it, from outside of its body?

    Then new objects of the class show it as their own, all of them the same. ``home`` knows the
    module of the class ``kind``; ``inference`` asks.
    """
    line = ancestry(home.resolver, kind)
    if line is None:
        return True
    files = inference.everywhere or (inference, home)
    names = {level.name for level in line}
    if any(names & one.stored_in_classes for one in files):
        return True
    if not any("" in one.stored_in_classes for one in files):
        return False
    lasts = {name.rpartition(".")[2] for name in names} | {"type"}
    return any(lasts & one.class_values for one in files)


def stored_in_classes(inference: Inference) -> frozenset[str]:
    """The classes on which a file sets changeable objects; "" if it sets one on it knows not what.

    Attributes of `self` are set on an object, never on a class.
    """
    found: set[str] = set()
    for function in inference.module.functions:
        for event in events_of(function):
            if isinstance(event, Store):
                place = event.place
                if not place.steps or not isinstance(place.steps[-1], Attr):
                    continue
                owner, value = Value(place=Place(place.symbol, place.steps[:-1])), event.value
            elif isinstance(event, Invoke) and _sets_attribute(event.call):
                given = [argument.value for argument in event.call.arguments]
                owner, value = (given or [_ANY])[0], (given or [_ANY])[-1]
            else:
                continue
            if not inference.resolver.holds_nothing(value):
                found.update(_classes_at(inference, owner))
    return frozenset(found)


def _sets_attribute(call: Call) -> bool:
    place = call.function.place
    if place is None:
        return False
    return place.symbol == "builtins:setattr" or place.steps[-1:] == (Attr("__setattr__"),)


def _classes_at(inference: Inference, owner: Value) -> set[str]:
    """The names of the classes that a value may be, "" for one that is not known."""
    found = inference.resolver.values.of(owner)
    if not found.known:
        return {""}
    kinds = [one.arg(0) for one in found.each if one.name == CLASS]
    return {one.name for kind in kinds for one in kind.each}


# -- classes that are values ---------------------------------------------------------------------


def class_values(inference: Inference) -> frozenset[str]:
    """The names of classes that a file uses as values; "type" if it finds classes by objects."""
    used: Counter[str] = Counter()
    found: set[str] = set()
    for function in inference.module.functions:
        for event in events_of(function):
            if isinstance(event, Use):
                steps = event.place.steps
                used[event.place.symbol] += 1 if not steps else -1 if len(steps) == 1 else 0
                if any(step == Attr("__class__") for step in steps):
                    found.add("type")
            elif isinstance(event, Invoke):
                called = event.call.function.place
                if called is not None and not called.steps:
                    used[called.symbol] -= 1
                    if called.symbol == "builtins:type":
                        found.add("type")
                    if called.symbol in _ASKING:
                        for argument in event.call.arguments[1:]:
                            for value in (argument.value, *argument.value.held):
                                if value.place is not None and not value.place.steps:
                                    used[value.place.symbol] -= 1
    for symbol, count in used.items():
        if count > 0:
            if symbol in inference.callees.class_parameters:
                found.add("type")
            info = inference.module.symbols.get(symbol)
            if info is not None and (info.cls or info.kind == "import"):
                found.add((info.cls or info.target).rpartition(".")[2])
    return frozenset(found)
