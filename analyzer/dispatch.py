"""Which function a method call on an object of a known class runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ir import ClassInfo, Value
from .project import Definition

if TYPE_CHECKING:
    from .resolve import Resolver

#: Bases that add nothing to what a class does when it is made.
_HARMLESS = frozenset({
    "builtins.object", "typing.Protocol", "typing.Generic", "abc.ABC", "typing_extensions.Protocol",
})  # fmt: skip

#: Methods that run when an object is made or given up, beside `__init__`.
_MAKING = frozenset({"__new__", "__post_init__", "__init_subclass__", "__del__"})
_FIELD = frozenset({"dataclasses.field", "pydantic.Field"})
#: Arguments of these that are no value of the field.
_SHOWN = frozenset({"init", "repr", "compare", "hash", "kw_only", "description", "ge", "le"})
_CONTAINERS = frozenset({"builtins.list", "builtins.dict", "builtins.set"})


def class_of(resolver: Resolver, kind: str) -> tuple[Resolver, ClassInfo] | None:
    """The class of the project that a type name means, and the module it stands in."""
    prefix = f"{resolver.module_name}."
    if kind.startswith(prefix):
        info = resolver.module.classes.get(kind[len(prefix) :])
        if info is not None:
            return resolver, info
    project = resolver.project
    found = project.definition(kind) if project is not None else None
    if found is None or found.kind != "class" or project is None:
        return None
    inference = project.inference(found.module)
    if inference is None or found.qualname not in inference.module.classes:
        return None
    return inference.resolver, inference.module.classes[found.qualname]


def ancestry(
    resolver: Resolver, kind: str, depth: int = 0
) -> list[tuple[Resolver, ClassInfo]] | None:
    """A class and its bases in an order in which an earlier one overrides; None if it is not known.

    Only lines of single inheritance: with several bases, the order is not looked into.
    """
    found = class_of(resolver, kind)
    if found is None or depth > 12:
        return None
    owner, info = found
    line = [found]
    bases: list[str] = []
    for base in info.bases:
        place = base.place
        if place is None:
            return None
        name = owner.types.canonical(owner.place_name(place))
        if name not in _HARMLESS:
            bases.append(name)
    if len(bases) > 1:
        return None
    for name in bases:
        above = ancestry(owner, name, depth + 1)
        if above is None:
            return None
        line += above
    return line


def method(resolver: Resolver, kind: str, name: str) -> Definition | None:
    """The function that ``kind``'s attribute ``name`` is; None if that is not known."""
    line = ancestry(resolver, kind)
    if line is None:
        return None
    for owner, info in line:
        symbol = owner.module.symbols.get(f"{info.qualname}:{name}")
        if symbol is None:
            continue
        if symbol.bindings != 1 or not symbol.function or symbol.unbound:
            return None
        return Definition("function", owner.module_name, symbol.function)
    return None


def plain_construction(resolver: Resolver, kind: str) -> bool:
    """Does making an object run nothing but ``__init__`` (reference, 3.3.1)?"""
    line = ancestry(resolver, kind)
    if line is None:
        return False
    for owner, info in line:
        for value in info.decorators:
            name = owner.types.canonical(owner.place_name(value.place)) if value.place else "?"
            call = owner.module.calls.get(value.place.symbol) if value.place else None
            if call is not None:
                name = owner.call_name(call)
            if owner.types.decorators.get(name) != "harmless":
                return False
        if info.keywords or info.methods & _MAKING:
            return False
    return True


def shares_state(resolver: Resolver, kind: str) -> bool:
    """Do the objects of a class hold a changeable object that stands in its body?

    It is a class attribute, or the default of a dataclass field: one object for all of them.
    """
    line = ancestry(resolver, kind)
    if line is None:
        return True
    for owner, info in line:
        prefix = f"{info.qualname}:"
        for symbol, known in owner.module.symbols.items():
            if symbol.startswith(prefix) and not (known.function or known.cls):
                values = known.values
                if known.opaque_bindings or not all(_own_value(owner, v) for v in values):
                    return True
    return False


def _own_value(resolver: Resolver, value: Value) -> bool:
    """Is a value in a class body immutable, or does it make a new container for each object?"""
    if resolver.immutable(value) and not value.held:
        return True
    call = resolver.module.calls.get(value.place.symbol) if value.place is not None else None
    if call is None or resolver.call_name(call) not in _FIELD:
        return False
    return all(
        a.keyword in _SHOWN
        or (a.keyword == "default_factory" and _container(resolver, a.value))
        or (a.keyword == "default" and resolver.immutable(a.value))
        for a in call.arguments
    )


def _container(resolver: Resolver, value: Value) -> bool:
    return value.place is not None and resolver.place_name(value.place) in _CONTAINERS
