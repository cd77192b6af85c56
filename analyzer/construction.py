"""What making an object of a class of the project runs, and what such objects share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ir import Call, ClassInfo, Place, Value
from .lineage import ENUMS, MAKERS, MODEL, Level, ancestry, decorator_name, method, shadowed
from .project import Definition

if TYPE_CHECKING:
    from .resolve import Resolver

_DATACLASS = "dataclasses.dataclass"
#: Methods that run when an object is made or given up, beside ``__init__``.
_MAKING = frozenset({"__new__", "__init_subclass__", "__del__", "_missing_", "__prepare__"})
_PLAIN_FACTORIES = frozenset({
    "builtins.list", "builtins.dict", "builtins.set", "builtins.tuple", "builtins.str",
    "builtins.int", "builtins.float", "builtins.bool", "builtins.bytearray", "builtins.frozenset",
    "collections.OrderedDict", "collections.Counter", "collections.deque",
})  # fmt: skip
_FIELD = frozenset({"dataclasses.field", "pydantic.Field"})
#: Arguments of these that are no value of the field.
_SHOWN = frozenset({"init", "repr", "compare", "hash", "kw_only", "description", "ge", "le"})
#: What a model, or a type of a field, may define to take part in validation.
_HOOKS = frozenset({
    "__init__", "model_post_init", "__get_validators__", "__get_pydantic_core_schema__",
    "__get_pydantic_json_schema__", "__setattr__", "__pydantic_init_subclass__", "model_validate",
})  # fmt: skip
_BINDERS = frozenset({
    "builtins.property", "builtins.staticmethod", "builtins.classmethod",
    "functools.cached_property", "pydantic.computed_field", "pydantic.field_serializer",
    "pydantic.model_serializer", "abc.abstractmethod",
})  # fmt: skip
#: Types whose validation is that of the library.
_LIBRARY = (
    "builtins.", "typing.", "typing_extensions.", "collections.", "datetime.", "uuid.", "decimal.",
    "pathlib.", "pydantic.", "...",
)  # fmt: skip
_NAME = re.compile(r"[^|,\[\]]+")


@dataclass(frozen=True, slots=True)
class Construction:
    """What making an object runs: ``init``, unless it is generated or missing."""

    init: Definition | None = None


def construction(
    resolver: Resolver, kind: str, seen: frozenset[str] = frozenset()
) -> Construction | None:
    """What making an object of a class runs (reference, 3.3.1); None if that is not known."""
    line = ancestry(resolver, kind)
    if line is None or shadowed(resolver, line, "__init__"):
        return None
    methods = frozenset[str]().union(*(level.info.methods for level in line if level.info))
    outside = {level.name for level in line if level.info is None}
    if methods & _MAKING:
        return None
    if outside & MAKERS:  # the ``__init__`` of a member of an enumeration ran with the class
        text = outside & {"builtins.str", "builtins.int"} and not outside & ENUMS
        if MODEL in outside and not plain_model(line, methods, seen):
            return None
        return None if text else Construction()
    for level in line:
        info = level.info
        if info is None:
            continue
        if "__init__" in info.methods:
            found = method(level.resolver, level.name, "__init__", exact=True)
            return Construction(found) if found is not None else None
        if is_dataclass(level.resolver, info):
            plain = "__post_init__" not in methods and plain_fields(line)
            return Construction() if plain else None
    return Construction()


def is_dataclass(owner: Resolver, info: ClassInfo) -> bool:
    return any(decorator_name(owner, value) == _DATACLASS for value in info.decorators)


def plain_fields(line: Sequence[Level]) -> bool:
    """Do the fields of a data class, or of a model, take their defaults without running code?"""
    for level in line:
        if level.info is None:
            continue
        prefix = f"{level.info.qualname}:"
        own = level.resolver
        for symbol, info in own.module.symbols.items():
            if not symbol.startswith(prefix) or not info.annotations:
                continue
            if info.name in level.info.computed or info.opaque_bindings:
                return False
            for value in info.values:
                call = own.module.calls.get(value.place.symbol) if value.place else None
                if call is not None and not _plain_default(own, call):
                    return False
    return True


def _plain_default(owner: Resolver, call: Call) -> bool:
    if owner.call_name(call) not in _FIELD:
        return True  # made once, with the class
    return all(
        not argument.star
        and (argument.keyword != "default_factory" or _makes_plainly(owner, argument.value))
        for argument in call.arguments
    )


def _makes_plainly(owner: Resolver, factory: Value) -> bool:
    """Does a factory make a new built-in object, without running code of the project?"""
    if factory.function == "lambda":
        return all(map(_plain_display, factory.held))
    place = factory.place
    return place is not None and owner.types.canonical(owner.place_name(place)) in _PLAIN_FACTORIES


def _plain_display(value: Value) -> bool:
    """A constant, or a display of constants."""
    if value.is_literal:
        return True
    return (
        value.fresh and value.type.startswith("builtins.") and all(map(_plain_display, value.held))
    )


# -- pydantic models (pydantic 2: models, validators) --------------------------------------------


def plain_model(line: Sequence[Level], methods: frozenset[str], seen: frozenset[str]) -> bool:
    """Is an object of a model made without validators, hooks and factories of the project?"""
    if methods & _HOOKS or not plain_fields(line):
        return False
    seen |= {line[0].name}  # a field may hold another object of the model
    return all(_plain_level(level, seen) for level in line if level.info is not None)


def _plain_level(level: Level, seen: frozenset[str]) -> bool:
    owner, info = level.resolver, level.info
    assert info is not None
    module = owner.module
    # `Annotated[str, AfterValidator(f)]`: what stands behind the type is not kept of it.
    for known in module.symbols.values():
        if known.target.startswith("pydantic") and known.target.endswith("Validator"):
            return False
    if any("__get_pydantic_core_schema__" in other.methods for other in module.classes.values()):
        return False
    for function in module.functions:
        if function.class_scope == info.qualname:
            names = {decorator_name(owner, value) for value in function.decorators}
            if names - _BINDERS:
                return False  # such as a validator
    prefix = f"{info.qualname}:"
    return all(
        _plain_type(owner, name, seen)
        for symbol, known in module.symbols.items()
        if symbol.startswith(prefix)
        for text in known.annotations
        for name in _NAME.findall(text)
    )


def _plain_type(owner: Resolver, name: str, seen: frozenset[str]) -> bool:
    if name.startswith("<module>."):
        name = f"{owner.module_name}.{name[len('<module>.') :]}"
    if name.startswith(_LIBRARY):
        return True
    line = ancestry(owner, name)
    if line is None:
        return False
    if any(level.name in ENUMS for level in line):
        return all("_missing_" not in level.info.methods for level in line if level.info)
    return line[0].name in seen or construction(owner, name, seen) is not None


# -- what objects share --------------------------------------------------------------------------


def shares_state(resolver: Resolver, kind: str) -> bool:
    """Do the objects of a class hold a changeable object that stands in its body?

    It is a class attribute, or the default of a dataclass field: one object for all of them.
    """
    line = ancestry(resolver, kind)
    if line is None:
        return True
    for level in line:
        owner, info = level.resolver, level.info
        if info is None:
            continue
        prefix = f"{info.qualname}:"
        for symbol, known in owner.module.symbols.items():
            if symbol.startswith(prefix) and not (known.function or known.cls):
                values = known.values
                if known.opaque_bindings or not all(_own_value(owner, v) for v in values):
                    return True
    return False


def changed_member(owners: Iterable[Resolver], kind: str) -> bool:
    """Is it an enumeration on members of which attributes are set? Calling it finds a member."""
    resolvers = list(owners)
    line = ancestry(resolvers[-1], kind)
    if line is None or not any(level.name in ENUMS for level in line):
        return False
    names = {level.name for level in line}
    return any(
        {found.name, found.arg(0).name} & names
        for owner in resolvers
        for rows in owner.own.stores.values()
        for place, _ in rows
        for i in range(len(place.steps))
        for found in (owner.values.at(Place(place.symbol, place.steps[:i])),)
    )


def _own_value(resolver: Resolver, value: Value) -> bool:
    """Is a value in a class body immutable, or does it make a new container for each object?"""
    if resolver.holds_nothing(value):
        return True
    call = resolver.module.calls.get(value.place.symbol) if value.place is not None else None
    if call is None or resolver.call_name(call) not in _FIELD:
        return False
    return all(
        a.keyword in _SHOWN
        or (a.keyword == "default_factory" and _makes_plainly(resolver, a.value))
        or (a.keyword == "default" and resolver.immutable(a.value))
        for a in call.arguments
    )
