"""The types of attributes: what a class of the project annotates, and what its methods set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .annotated import annotated
from .ir import Place, Value
from .lineage import (
    EMPTY,
    ENUMS,
    Level,
    ancestry,
    base_name,
    class_at,
    decorator_name,
    found_method,
)
from .plainness import doubted
from .returned import result_of
from .typetext import CLASS, DATA, OPEN, PLAIN_DATA, UNKNOWN, Type, is_plain

if TYPE_CHECKING:
    from .resolve import Resolver

_DECLARING = frozenset({"dataclasses.field", "pydantic.Field", "pydantic.PrivateAttr"})
#: An attribute that more files than these set has no known type.
_MOST_FILES = 8
_PROPERTIES = frozenset({"builtins.property", "functools.cached_property"})


def field(resolver: Resolver, owner: Type, name: str) -> Type:
    """The type of an attribute of an object; UNKNOWN if something else may set it as well."""
    line = family(resolver, owner.name)
    if not line:
        return UNKNOWN
    first = line[0]
    home = first.resolver
    key = f"{first.name}.{name}"
    return home.solver.solve(
        key, home.fields, lambda: doubted(home, _find(resolver, line, name), name=name)
    )


def family(resolver: Resolver, kind: str) -> tuple[Level, ...]:
    """A class and its bases, or those of them that can be followed."""
    line = ancestry(resolver, kind)
    if line is not None:
        return line if line[0].info is not None else ()
    found: dict[str, Level] = {}
    todo = [(resolver, kind)]
    while todo and len(found) < 24:
        here, name = todo.pop(0)
        known = class_at(here, name)
        if known is not None:
            own, info = known
            level = Level(f"{own.module_name}.{info.qualname}", own, info)
            if level.name not in found:
                found[level.name] = level
                todo += [(own, base_name(own, base)) for base in info.bases]
    return tuple(found.values())


def _find(resolver: Resolver, line: tuple[Level, ...], name: str) -> Type:
    said: Type | None = None
    values: list[tuple[Resolver, Value]] = []
    for level in line:
        if level.info is None:
            continue
        if name in level.info.methods:
            return _computed(line[0], name)
        if name in level.info.computed:
            return UNKNOWN
        info = level.resolver.module.symbols.get(level.symbol(name))
        if info is None:
            continue
        if info.opaque_bindings or info.function or info.cls:
            return UNKNOWN
        if info.annotations and said is None:
            kinds = {annotated(level.resolver, text) for text in info.annotations}
            said = kinds.pop() if len(kinds) == 1 else UNKNOWN
        values += [(level.resolver, v) for v in info.values if not _declared(level.resolver, v)]
    stored = _stored(line, name)
    if stored is None:
        return UNKNOWN
    values += stored
    found = [owner.values.of(value) for owner, value in values]
    if said is not None:
        fits = all(line[0].resolver.values.fits(said, one) for one in found)
        return said if fits else UNKNOWN
    if not found:
        return UNKNOWN
    kind = line[0].resolver.values.combined(
        [_kept(owner, v, f) for (owner, v), f in zip(values, found, strict=True)]
    )
    if name in line[0].resolver.own.reconfigured_fields and resolver.is_handle(kind.name):
        return UNKNOWN
    return kind


def _kept(owner: Resolver, value: Value, found: Type) -> Type:
    """A new container that is stored may be filled with something else later on."""
    if not found.args or not owner.values.made(value):
        return found
    constants = (
        value.fresh and owner.plain_values and owner.values.constants(value) and is_plain(found)
    )
    return Type(found.name, (PLAIN_DATA,) * len(found.args)) if constants else found.bare


def _declared(owner: Resolver, value: Value) -> bool:
    """Is it `field(…)` of a data class, which only stands for a value?"""
    call = owner.module.calls.get(value.place.symbol) if value.place is not None else None
    return call is not None and owner.call_name(call) in _DECLARING


def _computed(level: Level, name: str) -> Type:
    """The type of a property."""
    found = found_method(level.resolver, level.name, name)
    if found is None:
        return UNKNOWN
    owner, function = found
    if not any(decorator_name(owner, value) in _PROPERTIES for value in function.decorators):
        return UNKNOWN
    return result_of(owner, function, Type(level.name), awaited=False)


def _stored(line: tuple[Level, ...], name: str) -> list[tuple[Resolver, Value]] | None:
    """What the methods of a class, its bases and its subclasses set an attribute to.

    None if that is not known. Where the holder's type is not known, it may be such an object.
    """
    names = {level.name for level in line if level.info is not None}
    found: list[tuple[Resolver, Value]] = []
    owners = {id(level.resolver): level.resolver for level in line}
    elsewhere = _setters(line, name)
    if elsewhere is None:
        return None
    owners |= {id(owner): owner for owner in elsewhere}
    for owner in owners.values():
        for place, value in owner.own.stores.get(name, ()):
            holder = owner.values.at(Place(place.symbol, place.steps[:-1]))
            if holder.name == CLASS:
                holder = holder.arg(0)
            if holder == OPEN:
                continue  # it depends on what is asked for
            if holder.union and not any(_related(owner, h.name, names) for h in holder.union):
                continue
            if holder and not _related(owner, holder.name, names):
                continue
            if value is not None:
                found += [(owner, v) for v in others(place, value)]
    return found


def _setters(line: tuple[Level, ...], name: str) -> list[Resolver] | None:
    """Other modules that may set the attribute; None if that is not known, or they are many."""
    home = line[0].resolver
    if home.index is None or home.project is None:
        return []
    seen = {level.resolver.module_name for level in line}
    files = home.index.setters(line[0].name, name, seen)
    if files is None or len(files) > _MOST_FILES:
        return None
    found = [home.project.inference_of(file) for file in files]
    return [i.resolver for i in found if i is not None] if all(found) else None


def others(place: Place, value: Value) -> list[Value]:
    """A value without what stands at a place already: `x.n = x.n + 1`, `x.n += 1`."""
    operator = value.held and not (value.fresh or value.type or value.element)
    if operator and value.held[0].place == place:
        return list(value.held[1:])
    return [value]


def _related(owner: Resolver, kind: str, names: set[str]) -> bool:
    """May an object of the one type be of one of the classes?"""
    if kind in names:
        return True
    line = ancestry(owner, kind)
    if line is None:
        return class_at(owner, kind) is not None
    return any(level.name in names for level in line)


def added_to(resolver: Resolver, kinds: tuple[type, ...], name: str) -> bool:
    """Does a class of the file at hand that inherits from a built-in type have such a method?"""
    bases = {f"builtins.{kind.__name__}" for kind in kinds}
    return any(
        name in info.methods and any(base_name(resolver, base) in bases for base in info.bases)
        for info in resolver.module.classes.values()
    )


def lacking(resolver: Resolver, kind: Type, name: str) -> bool:
    """Is it certain that no object of a type has an attribute of that name?"""
    if kind.name in DATA:
        below = not kind.exact and added_to(resolver, DATA[kind.name], name)
        return not (below or any(hasattr(one, name) for one in DATA[kind.name]))
    line = ancestry(resolver, kind.name)
    if line is None or line[0].info is None:
        return False
    index = line[0].resolver.index
    if not kind.exact and (index is None or index.subclasses(kind.name) or index.loose):
        return False
    for level in line:
        info = level.info
        if info is None:
            if level.name not in EMPTY:
                return False
        elif {name, "__getattr__", "__getattribute__"} & (
            info.methods | info.computed
        ) or level.symbol(name) in level.resolver.module.symbols:
            return False
    key = f"{line[0].name}.{name}"
    asked = resolver.solver.asked
    if hasattr(object, name) or key in asked:  # a store to it is being looked at
        return False
    asked.add(key)
    try:
        return _stored(line, name) == []
    finally:
        asked.discard(key)


def class_attribute(resolver: Resolver, owner: Type, name: str) -> Type:
    """The type of an attribute that is looked up on a class."""
    line = ancestry(resolver, owner.name)
    if line is None:
        return UNKNOWN
    outside = {level.name for level in line if level.info is None}
    for level in line:
        info = level.resolver.module.symbols.get(level.symbol(name)) if level.info else None
        if info is None:
            continue
        if outside & ENUMS and info.values and not info.annotations:
            return Type(line[0].name, exact=True)
        if info.function:
            return UNKNOWN
        if info.cls:
            kind = Type(f"{level.resolver.module_name}.{info.cls}", exact=True)
            return Type(CLASS, (kind,))
        return field(resolver, Type(line[0].name), name)
    return UNKNOWN
