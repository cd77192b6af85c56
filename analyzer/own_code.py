"""Operators and attribute accesses that run code of the project (contract §2, *Calls*)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .classes import is_operator
from .effects.selector import AnyKey, Attr, Step, SymKey
from .index_facts import ANY_NAME, ClassFact, Meaning
from .ir import Event, Mutate, Operate, Place, Risk, Store, Use, Value
from .keys import hashable, hashable_in_file
from .lineage import decorator_name
from .quiet import One, in_file, is_property, of_class, quiet, together
from .typetext import CLASS, GENERATOR, MAPPINGS, PLAIN, UNKNOWN, Type, is_plain

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .resolve import Resolver

#: Containers pass operators on to what they hold.
_HOLDING = ("builtins.", "collections.", "typing.", GENERATOR)
HASHING = frozenset({"builtins.set", "builtins.frozenset"})
#: Special methods of attribute and item access: not what an operator calls.
_ACCESS = frozenset({
    "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__getitem__", "__setitem__",
    "__delitem__", "__missing__", "__get__", "__set__", "__set_name__", "__del__", "__repr__",
    "__reduce__", "__getstate__", "__setstate__", "__copy__", "__deepcopy__",
})  # fmt: skip
#: The functions that may run; None if they are not all known.
Ran = list[One] | None
_KEY = frozenset({"__hash__", "__eq__", "__index__"})


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

    Of objects of unknown type only what the classes of this file define is looked at.
    """
    if isinstance(event, Operate):
        return next((found for v in event.values if (found := _special(inference, v, event))), "")
    return computed(inference, event)


def computed(inference: Inference, event: Event) -> str:
    """What the steps of a path run, or ""; properties that only look are nothing (see `quiet`)."""
    word, functions = steps_run(inference, event)
    return "" if quiet(functions) else word


def steps_run(inference: Inference, event: Event, *, everywhere: bool = False) -> tuple[str, Ran]:
    """What the steps of a path run: the first of it in words, and all as functions.

    ``everywhere``: an object of unknown type may be one of any class of the project.
    """
    place = event.place if isinstance(event, (Use, Store, Mutate)) else None
    if place is None:
        return "", []
    word, ran = "", list[Ran]()
    for i, step in enumerate(place.steps):
        owner = inference.resolver.values.at(Place(place.symbol, place.steps[:i]))
        last = event if i == len(place.steps) - 1 else None
        if everywhere and not owner.known and _computed_anywhere(inference, step):
            ran.append(None)
        for one in owner.each:
            found = _computed(inference, one, step, last)
            if found:
                word = word or found
                looks = isinstance(step, Attr) and isinstance(event, Use)
                ran.append(_properties(inference, one, step) if looks else None)
    found = _in_place(inference, place) if isinstance(event, Mutate) else ""
    return (word, together(ran)) if word or not found else (found, None)


def _computed_anywhere(inference: Inference, step: Step) -> bool:
    """May taking a step from an object of unknown type run code of a class of any module?"""
    attr = isinstance(step, Attr)
    wanted = {"__getattribute__", "__getattr__"} if attr else {"__getitem__", "__missing__"}
    files = inference.everywhere
    return files is None or any(
        wanted & own.dunders or (isinstance(step, Attr) and step.name in own.computed_names)
        for own in (file.resolver.own for file in files)
    )


def read_by_properties(inference: Inference, place: Place) -> list[Place]:
    """The objects that the properties on a path look at, all that lies below them included."""
    found: list[Place] = []
    for i, step in enumerate(place.steps):
        before = Place(place.symbol, place.steps[:i])
        for one in inference.resolver.values.at(before).each:
            known = members(inference, one) if isinstance(step, Attr) else None
            if known is not None and isinstance(step, Attr) and step.name in known.computed:
                found.append(before)
    return found


def _properties(inference: Inference, kind: Type, step: Step) -> Ran:
    """The functions behind an attribute, if they are mere properties in all classes."""
    found = members(inference, kind)
    if found is None or not isinstance(step, Attr) or ANY_NAME in found.names:
        return None
    functions = _functions(inference, kind, {step.name})
    if step.name not in found.computed or not functions:
        return None
    return functions if all(is_property(f) for _, f in functions) else None


def _in_place(inference: Inference, place: Place) -> str:
    """`x += 1` calls ``__iadd__``, or ``__add__``."""
    for kind in inference.resolver.values.at(place).each:
        found = members(inference, kind)
        names = found.names - _ACCESS if found is not None else frozenset[str]()
        name = min(filter(is_operator, names), default="")
        if name:
            return f"`{kind.name}.{name}`"
    return ""


def run_by(
    inference: Inference,
    dunders: Iterable[str],
    value: Value,
    *,
    hashed: bool = False,
    everywhere: bool = False,
) -> tuple[str, Ran]:
    """Which special methods of the project a library's function may call on a value.

    ``hashed``: it is compared as a key is, so only if it can be hashed. ``everywhere``: see
    `steps_run`.
    """
    wanted = set(dunders)
    return _ran(inference, value, wanted.intersection, hashed=hashed, everywhere=everywhere)


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
        if _runs(inference, cls, name, meaning)
    }  # fmt: skip
    # A decorator such as `dataclass` writes methods that call those of the fields.
    near = {cls for one in kin if one.decorators for cls in index.nearby(one.module)}
    generated = {name for cls in near for name in cls.binds if is_operator(name)}
    return Members(names, methods, frozenset(computed), frozenset(generated))


def _runs(inference: Inference, cls: ClassFact, name: str, meaning: Meaning) -> bool:
    if name not in cls.methods:
        return inference.index.describes(meaning)
    types = inference.resolver.types
    return not meaning.names or not all(
        types.decorators.get(types.canonical(dotted)) == "harmless"
        and not dotted.endswith("property")
        for dotted in meaning.names
    )


# -- steps ---------------------------------------------------------------------------------------


def _computed(inference: Inference, owner: Type, step: Step, event: Event | None) -> str:
    """Does taking one step from an object of type ``owner`` run code of the project?"""
    resolver = inference.resolver
    if isinstance(step, (SymKey, AnyKey)):
        key = resolver.own.dunders & {"__hash__", "__eq__"}
        if key and not hashable_in_file(inference):
            key = frozenset[str]()
        if isinstance(step, SymKey):
            known = resolver.values.of_symbol(step.name)
            found = members(inference, known)
            if found is not None:
                key = found.names & _KEY
                if not hashable(inference, known):
                    key -= {"__eq__"}
            elif is_plain(known):
                key = frozenset[str]()
        if key:
            return f"`{min(key)}` of a key"
    of_class = owner.name == CLASS
    kind = owner.arg(0) if of_class else owner
    found = members(inference, kind)
    if found is None:
        return "" if owner else _computed_unknown(resolver, step, event)
    shown = f"`{kind.name}.%s`"
    if isinstance(step, Attr):
        if step.name in found.computed or ANY_NAME in found.names:
            return shown % step.name
        wanted = set[str]() if of_class else _attribute(event, step.name in found.methods)
    elif of_class:
        wanted = {"__class_getitem__"}
    else:
        wanted = _item(event)
    name = min(wanted & found.names, default="")
    return shown % name if name else ""


def _attribute(event: Event | None, method: bool) -> set[str]:
    if isinstance(event, Store):
        return {"__setattr__"}
    more = {"__delattr__", "__setattr__"} if isinstance(event, Mutate) else set[str]()
    return {"__getattribute__", *(() if method else ("__getattr__",))} | more


def _item(event: Event | None) -> set[str]:
    if isinstance(event, Store):
        return {"__setitem__"}
    more = {"__delitem__", "__setitem__"} if isinstance(event, Mutate) else set[str]()
    return {"__getitem__", "__missing__"} | more


def _computed_unknown(resolver: Resolver, step: Step, event: Event | None) -> str:
    """The same for an object of unknown type: may it be one of the classes of this file?"""
    if isinstance(step, Attr):
        if step.name in resolver.own.computed_names and not _only_methods(resolver, step.name):
            return f"`?.{step.name}`"
        wanted = set[str]() if isinstance(event, Store) else {"__getattribute__"}
    else:
        wanted = _item(event)
    name = min(wanted & resolver.own.dunders, default="")
    return f"`?.{name}`" if name else ""


def _only_methods(resolver: Resolver, name: str) -> bool:
    """Is what has that name, in all classes of this file, a function to be called?"""
    for qualname, info in resolver.module.classes.items():
        if name in info.computed:
            found = [f for f in resolver.module.functions
                     if f.class_scope == qualname and f.name == name]  # fmt: skip
            used = {decorator_name(resolver, v) for f in found for v in f.decorators}
            if not found or not used or not all(_keeps_method(resolver, word) for word in used):
                return False
    return True


def _keeps_method(resolver: Resolver, decorator: str) -> bool:
    harmless = resolver.types.decorators.get(decorator) == "harmless"
    return harmless and not decorator.endswith("property")


# -- operators -----------------------------------------------------------------------------------


def _special(inference: Inference, value: Value, event: Operate) -> str:
    word, functions = ran(inference, value, event)
    if not word or (
        event.risk is not Risk.TRUTH and _looked(inference, event) and quiet(functions)
    ):
        return ""
    return word


def _looked(inference: Inference, event: Operate) -> bool:
    """Are the operands read with all that lies below them?"""
    if not event.member:
        return True
    place = event.values[-1].place
    if place is None or place.symbol.startswith("call#"):
        return False
    return inference.resolver.values.at(place).name not in (*MAPPINGS, PLAIN)


def ran(
    inference: Inference, value: Value, event: Operate, *, everywhere: bool = False
) -> tuple[str, Ran]:
    """The special methods that an operator may run: one in words, and all as functions."""
    kind = inference.resolver.values.of(event.values[-1]) if event.member else UNKNOWN
    if value is event.values[-1] and is_plain(kind.arg(0)) and kind.name == "builtins.dict":
        return "", []  # only the keys are compared
    hashed = kind.name in MAPPINGS | HASHING
    return _ran(inference, value, lambda n: _called(n, event), hashed=hashed, everywhere=everywhere)


def _ran(
    inference: Inference,
    value: Value,
    called: Callable[[frozenset[str]], set[str]],
    *,
    hashed: bool,
    everywhere: bool,
) -> tuple[str, Ran]:
    if value.is_literal or value.immutable:
        return "", []
    resolver = inference.resolver
    word, found = "", list[Ran]()
    for one in _kinds(resolver, value):
        defined = members(inference, one)
        names = called(defined.names | defined.generated) if defined is not None else None
        if names and not (hashed and not hashable(inference, one)):
            word = word or f"`{one.name}.{min(names)}`"
            found.append(_functions(inference, one, names))
        if one.name == CLASS and any(c.keywords for c in inference.index.kin(one.arg(0).name)):
            word = word or f"the metaclass of `{one.arg(0).name}`"
            found.append(None)  # what it defines is called on the class
    kind = resolver.values.of(value)
    if not kind.known or any(_holds(resolver, k) for k in kind.each):
        files = inference.everywhere if everywhere else (inference,)
        for file in files or ():
            names = called(file.resolver.own.dunders)
            if names and not (hashed and not hashable_in_file(file)):
                word = word or f"`{kind.name or '?'}.{min(names)}`"
                found.append(in_file(file, names))
        if files is None:
            found.append(None)
    return word, together(found)


def _holds(resolver: Resolver, kind: Type) -> bool:
    """Is it a container, or what goes through one, of which it is not known that it holds data?"""
    own = not kind.name.startswith(_HOLDING)
    plain = bool(kind.args) and all(map(is_plain, kind.args))
    return not (
        own or plain or kind.name == CLASS or is_plain(kind) or resolver.immutable_type(kind.name)
    )


def _functions(inference: Inference, kind: Type, names: set[str]) -> Ran:
    index = inference.index
    kin = index.kin(kind.name, exact=kind.exact)
    near = {cls for one in kin if one.decorators for cls in index.nearby(one.module)}
    return together(of_class(inference, cls, names) for cls in {*kin, *near})


def _called(names: frozenset[str], event: Operate) -> set[str]:
    special = {m for m in names if is_operator(m)}
    if event.risk is Risk.FORMAT:
        return special & {"__str__", "__format__", "__repr__"}
    if event.risk is Risk.TRUTH:
        return special & {"__bool__", "__len__"}
    return special - _ACCESS


def _kinds(resolver: Resolver, value: Value) -> Iterator[Type]:
    """The types of a value, and of what it holds."""
    todo = [resolver.values.of(value)]
    while todo:
        kind = todo.pop()
        if kind:
            yield kind
        todo.extend((*kind.args, *kind.union))
    for held in value.held:
        yield from _kinds(resolver, held)
