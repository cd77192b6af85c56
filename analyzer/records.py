"""Classes of which an object holds nothing but data: it cannot hide a session or a connection.

A model of pydantic 2 refuses attributes that are no field, unless it is configured otherwise
(https://docs.pydantic.dev/latest/concepts/models/#extra-data), and its fields are annotated. Where
all of them, also those of its subclasses, are plain data or such models again, no call can have put
a handle into it. Annotations are taken at their word (docs/assumptions.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .annotated import annotated
from .ir import Value
from .lineage import ENUMS, MODEL, Level, ancestry
from .typetext import NONE, Type, is_plain

if TYPE_CHECKING:
    from .resolve import Resolver

_CONFIG = frozenset({"pydantic.ConfigDict"})
#: What `extra` may be set to so that other attributes are still refused, or not kept.
_CLOSED = frozenset({"forbid", "ignore"})
#: Methods by which a class may keep more than its fields.
_KEEPING = frozenset({"__setattr__", "__init__", "__new__", "model_post_init", "__getattr__"})
_CONTAINERS = frozenset({
    "builtins.list", "builtins.set", "builtins.frozenset", "builtins.dict", "builtins.tuple",
})  # fmt: skip


def is_record(resolver: Resolver, value: Value) -> bool:
    """Can the object of a value hold nothing but data, whatever it was handed on with?"""
    return all(_known(resolver, one.name) for one in resolver.values.of(value).each)


def _known(resolver: Resolver, name: str) -> bool:
    if name not in resolver.records:
        resolver.records[name] = _of_name(resolver, name)
    return resolver.records[name]


def _of_name(resolver: Resolver, name: str, seen: frozenset[str] = frozenset()) -> bool:
    if name in seen:
        return True
    line = ancestry(resolver, name) if "." in name else None
    if line is None or line[-1].name != MODEL or line[0].info is None:
        return False
    seen |= {name}
    below = _subclasses(resolver, line[0])
    return below is not None and all(
        _level(level, seen) for one in (line, *below) for level in one if level.info is not None
    )


def _subclasses(resolver: Resolver, level: Level) -> list[tuple[Level, ...]] | None:
    """The lines of the classes that inherit from it; None if one of them is not known."""
    index, project = resolver.index, resolver.project
    if index is None or project is None:
        return None
    found: list[tuple[Level, ...]] = []
    for cls in index.subclasses(level.name):
        line = ancestry(resolver, cls.name)
        if line is None:
            return None
        found.append(line)
    return found


def _level(level: Level, seen: frozenset[str]) -> bool:
    """Are all fields that one class adds data, and does it take no others?"""
    info, owner = level.info, level.resolver
    assert info is not None
    if info.methods & _KEEPING:
        return False
    prefix = f"{info.qualname}:"
    for symbol, known in owner.module.symbols.items():
        if not symbol.startswith(prefix):
            continue
        if known.name == "model_config":
            if not _closed(owner, symbol):
                return False
        elif known.name == "Config" and known.cls:
            if f"{known.cls}:extra" in owner.module.symbols:
                return False
        elif known.annotations:
            if not all(_data(owner, annotated(owner, text), seen) for text in known.annotations):
                return False
        elif not (known.function or known.cls or known.name.startswith("__")):
            return False  # it has no annotation, so it is no field: what it is, is not known
    return True


def _closed(owner: Resolver, symbol: str) -> bool:
    """Is a configuration one that is made in sight, and lets no other attributes in?"""
    info = owner.module.symbols[symbol]
    call = None
    if len(info.values) == 1 and info.values[0].place is not None and not info.opaque_bindings:
        call = owner.module.calls.get(info.values[0].place.symbol)
    if call is None or owner.call_name(call) not in _CONFIG:
        return False
    return all(
        argument.keyword and (
            argument.keyword != "extra"
            or (argument.value.is_literal and argument.value.literal in _CLOSED)
        )
        for argument in call.arguments
        if not argument.star
    ) and not any(argument.star for argument in call.arguments)  # fmt: skip


def _data(owner: Resolver, kind: Type, seen: frozenset[str]) -> bool:
    if not kind.known:
        return False
    return all(_one(owner, one, seen) for one in kind.each)


def _one(owner: Resolver, kind: Type, seen: frozenset[str]) -> bool:
    if kind.name == NONE or is_plain(kind) or owner.immutable_type(kind.name):
        return True
    if kind.name in _CONTAINERS:
        return bool(kind.args) and all(_data(owner, arg, seen) for arg in kind.args)
    line = ancestry(owner, kind.name) if "." in kind.name else None
    if line is not None and any(level.name in ENUMS for level in line):
        return True
    return _of_name(owner, kind.name, seen)
