"""Operators and attribute accesses that run code of the project (contract §2, *Calls*)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .classes import is_operator
from .effects.selector import Attr, Step, SymKey
from .index_facts import ANY_NAME
from .ir import Event, Mutate, Operate, Place, Store, Use
from .keys import hashable
from .quiet import is_property, of_class, quiet, together
from .strangers import Ran, attribute, computing, is_stranger, made_by_getattr, runs, special
from .typetext import CLASS, MAPPINGS, Type

if TYPE_CHECKING:
    from .effects.inference import Inference

_KEY = frozenset({"__hash__", "__eq__", "__index__"})
_HASHED = frozenset({"__hash__", "__eq__"})
_ITEM = frozenset({"__getitem__", "__missing__"})


@dataclass(frozen=True, slots=True)
class Members:
    """What classes define whose code may run for an object: names, methods among them, and
    attributes that are computed. ``generated``: special methods that call those of the fields.
    """

    names: frozenset[str]
    methods: frozenset[str]
    computed: frozenset[str]
    generated: frozenset[str] = frozenset()


def own_code(inference: Inference, event: Event) -> str:
    """Properties, descriptors and special methods of classes of the project are code.

    An object of unknown type may be one of any of them.
    """
    from .own_operators import gone_through, operated

    if isinstance(event, Operate):
        return next((found for v in event.values if (found := operated(inference, v, event))), "")
    return computed(inference, event) or gone_through(inference, event)


def computed(inference: Inference, event: Event) -> str:
    """What the steps of a path run, or ""; properties that only look are nothing (see `quiet`)."""
    word, functions = steps_run(inference, event)
    return "" if quiet(functions) else word


def steps_run(inference: Inference, event: Event) -> tuple[str, Ran]:
    """What the steps of a path run: the first of it in words, and all as functions."""
    place = event.place if isinstance(event, (Use, Store, Mutate)) else None
    if place is None:
        return "", []
    word, ran = "", list[Ran]()
    for i, step in enumerate(place.steps):
        before = Place(place.symbol, place.steps[:i])
        last = event if i == len(place.steps) - 1 else None
        for one in inference.resolver.values.at(before).each:
            found, functions = _taken(inference, before, one, step, last)
            if found:
                word = word or found
                looks = isinstance(step, Attr) and isinstance(event, Use)
                ran.append(functions if looks else None)
    return word, together(ran)


def read_by_properties(inference: Inference, place: Place) -> list[Place]:
    """The objects that the properties on a path look at, all that lies below them included."""
    found: list[Place] = []
    for i, step in enumerate(place.steps):
        before = Place(place.symbol, place.steps[:i])
        kinds = inference.resolver.values.at(before).each if isinstance(step, Attr) else ()
        if isinstance(step, Attr) and any(
            _computes(inference, before, one, step.name) for one in kinds
        ):
            found.append(before)
    return found


def _computes(inference: Inference, owner: Place, kind: Type, name: str) -> bool:
    known = members(inference, kind)
    if known is not None:
        return name in known.computed
    if kind or not is_stranger(inference, owner):
        return False
    return any(computing(inference, name)) or made_by_getattr(inference, name)


def _properties(inference: Inference, kind: Type, step: Step) -> Ran:
    """The functions behind an attribute, if they are mere properties in all classes."""
    found = members(inference, kind)
    if found is None or not isinstance(step, Attr) or ANY_NAME in found.names:
        return None
    functions = functions_of(inference, kind, {step.name})
    if step.name not in found.computed or not functions:
        return None
    return functions if all(is_property(f) for _, f in functions) else None


def functions_of(inference: Inference, kind: Type, names: set[str]) -> Ran:
    """The functions behind names that the classes of an object bind."""
    index = inference.index
    kin = index.kin(kind.name, exact=kind.exact)
    near = {cls for one in kin if one.decorators for cls in index.nearby(one.module)}
    return together(of_class(inference, cls, names) for cls in {*kin, *near})


# -- what classes define -------------------------------------------------------------------------


def members(inference: Inference, kind: Type) -> Members | None:
    """What may run for an object of a type; None if no class of the project comes into question."""
    if not kind or kind.name.startswith("builtins.") or "." not in kind.name:
        return None
    key = (kind.name, kind.exact)
    if key not in inference.members:
        inference.members[key] = _members(inference, kind)
    return inference.members[key]


def _members(inference: Inference, kind: Type) -> Members | None:
    index = inference.index
    kin = index.kin(kind.name, exact=kind.exact)
    if not kin:
        return None
    names = frozenset[str]().union(*(cls.binds for cls in kin))
    methods = frozenset[str]().union(*(cls.methods for cls in kin))
    computed = {
        name for cls in kin for name, meaning in cls.computed
        if runs(inference, cls, name, meaning)
    }  # fmt: skip
    # A decorator such as `dataclass` writes methods that call those of the fields.
    near = {cls for one in kin if one.decorators for cls in index.nearby(one.module)}
    generated = {name for cls in near for name in cls.binds if is_operator(name)}
    return Members(names, methods, frozenset(computed), frozenset(generated))


# -- steps ---------------------------------------------------------------------------------------


def _taken(
    inference: Inference, place: Place, owner: Type, step: Step, event: Event | None
) -> tuple[str, Ran]:
    """The code of the project that taking a step from an object of that type at a path runs."""
    if isinstance(step, SymKey):
        key = _key(inference, owner, step)
        if key:
            return f"{key} of a key", None
    on_class = owner.name == CLASS
    kind = owner.arg(0) if on_class else owner
    found = members(inference, kind)
    if found is None:
        strange = not owner and is_stranger(inference, place)
        return _of_stranger(inference, step, event) if strange else ("", [])
    shown = f"`{kind.name}.%s`"
    if isinstance(step, Attr):
        if step.name in found.computed or ANY_NAME in found.names:
            return shown % step.name, _properties(inference, owner, step)
        wanted = set[str]() if on_class else _attribute(event, step.name in found.methods)
    elif on_class:
        wanted = {"__class_getitem__"}
    else:
        wanted = _item(event)
    name = min(wanted & found.names, default="")
    return (shown % name, None) if name else ("", [])


def _key(inference: Inference, owner: Type, step: SymKey) -> str:
    """Which special method of a class of the project a subscript may run for the key."""
    from .own_operators import holds

    known = inference.resolver.values.of_symbol(step.name)
    found = members(inference, known)
    if found is not None:
        names = found.names & _KEY
        names -= set[str]() if hashable(inference, known) else {"__eq__"}
        return f"`{min(names)}`" if names else ""
    if known.known and not any(holds(inference.resolver, one) for one in known.each):
        return ""
    index = "" if owner.name in MAPPINGS else special(inference, _KEY - _HASHED)[0]
    return index or special(inference, _HASHED, hashed=True)[0]


def computed_of(inference: Inference, kind: Type, attributes: AbstractSet[str]) -> str:
    """What reading some of those attributes and items of an object of a type runs, or ""."""
    on_class = kind.name == CLASS
    found = members(inference, kind.arg(0) if on_class else kind)
    if found is None:
        return ""
    names = found.computed & attributes
    if not on_class:
        access = set(_ITEM) if "[]" in attributes else set[str]()
        access |= _attribute(None, attributes - {"[]"} <= found.methods)
        names |= access & found.names
    return f"`{kind.name}.{min(names)}`" if names else ""


def _attribute(event: Event | None, method: bool) -> set[str]:
    if isinstance(event, Store):
        return {"__setattr__"}
    more = {"__delattr__", "__setattr__"} if isinstance(event, Mutate) else set[str]()
    return {"__getattribute__", *(() if method else ("__getattr__",))} | more


def _item(event: Event | None) -> set[str] | frozenset[str]:
    if isinstance(event, Store):
        return {"__setitem__"}
    more = {"__delitem__", "__setitem__"} if isinstance(event, Mutate) else set[str]()
    return _ITEM | more


def _of_stranger(inference: Inference, step: Step, event: Event | None) -> tuple[str, Ran]:
    """The same for an object of unknown type: it may be one of any class of the project."""
    if not isinstance(step, Attr):
        word, _ = special(inference, frozenset(_item(event)))
        return word, None if word else []
    word, functions = attribute(inference, step.name)
    wanted = _attribute(event, not made_by_getattr(inference, step.name))
    other, _ = special(inference, frozenset(wanted))
    return word or other, None if other else functions
