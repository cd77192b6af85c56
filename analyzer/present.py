"""Attributes that every object of a class has, so that looking at them raises nothing.

The ``__init__`` that a data class or a model of pydantic is given sets all of its fields
(https://docs.python.org/3/library/dataclasses.html), and what a class body sets is there for all of
its objects; unless a class below has another ``__init__``, or something takes an attribute away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .construction import is_dataclass
from .ir import SymbolInfo
from .lineage import MODEL, Level, ancestry

if TYPE_CHECKING:
    from .resolve import Resolver

_MAKING = frozenset({
    "__init__", "__new__", "__getattribute__", "__getattr__", "__delattr__", "__setattr__",
    "__slots__", "__set_name__", "__post_init__", "model_post_init",
})  # fmt: skip
_FIELD = frozenset({"dataclasses.field", "pydantic.Field"})
#: What is annotated so is no attribute of an object.
_NO_FIELDS = ("dataclasses.InitVar", "typing.ClassVar")
#: A method that makes a model without setting its fields.
_UNSET = "model_construct"
#: Attributes that more files than these set are not looked at.
_MOST_FILES = 8


def has_field(resolver: Resolver, kind: str, name: str) -> bool:
    """Has every object of a class, also of those below it, the attribute?"""
    if (kind, name) not in resolver.present:
        resolver.present[kind, name] = _has_field(resolver, kind, name)
    return resolver.present[kind, name]


def _has_field(resolver: Resolver, kind: str, name: str) -> bool:
    line = ancestry(resolver, kind) if "." in kind else None
    if line is None or line[0].info is None:
        return False
    below = [ancestry(resolver, name) for name in _below(resolver, line[0].name)]
    if not all(one is not None and _made(one) for one in (line, *below)):
        return False
    home = next((level for level in line if _symbol(level, name) is not None), None)
    return home is not None and _set(home, name) and not _taken_away(resolver, line, name)


def _below(resolver: Resolver, name: str) -> list[str]:
    """The classes that inherit from one; a text that belongs to no project is all there is."""
    if resolver.index is not None:
        return [cls.name for cls in resolver.index.subclasses(name)]
    return [f"{resolver.module_name}.{qualname}" for qualname in resolver.module.classes]


def _made(line: tuple[Level, ...] | None) -> bool:
    """Are all fields of a class set when an object is made?"""
    return line is not None and all(
        not level.info.methods & _MAKING for level in line if level.info is not None
    )


def _symbol(level: Level, name: str) -> SymbolInfo | None:
    return level.resolver.module.symbols.get(level.symbol(name)) if level.info is not None else None


def _set(level: Level, name: str) -> bool:
    info, known = level.info, _symbol(level, name)
    assert info is not None
    assert known is not None
    if name in info.computed or name in info.methods or known.cls or known.opaque_bindings:
        return False
    if known.unbound or any(text.startswith(_NO_FIELDS) for text in known.annotations):
        return False
    calls = level.resolver.module.calls
    for value in known.values:
        call = calls.get(value.place.symbol) if value.place is not None else None
        if call is not None and level.resolver.call_name(call) in _FIELD:
            if any(a.star or a.keyword == "init" for a in call.arguments):
                return False  # nobody sets it, perhaps
        elif not known.annotations and not value.is_literal:
            return False  # an object that may be a descriptor
    if not known.annotations:
        return bool(known.values)
    if any(one.name == MODEL for one in ancestry(level.resolver, level.name) or ()):
        return not name.startswith("_")  # a private attribute is set when somebody sets it
    decorators = [calls.get(v.place.symbol) for v in info.decorators if v.place is not None]
    with_init = not any(a.star or a.keyword == "init" for c in decorators if c for a in c.arguments)
    return with_init and is_dataclass(level.resolver, info)


def _taken_away(resolver: Resolver, line: tuple[Level, ...], name: str) -> bool:
    """May something delete the attribute, or make an object without setting it?"""
    index, project = resolver.index, resolver.project
    if index is None or project is None:
        names = resolver.module.names
        return bool(resolver.own.stores.get(name)) or _UNSET in names or "delattr" in names
    if line[-1].name == MODEL and index.mentioned(_UNSET):
        return True
    seen = {level.resolver.module_name for level in line}
    files = index.setters(line[0].name, name, seen)
    if files is None or len(files) > _MOST_FILES:
        return True
    found = [project.inference_of(file) for file in files]
    owners = [level.resolver for level in line if level.info is not None]
    owners += [one.resolver for one in found if one is not None]
    if any("delattr" in owner.module.names for owner in owners):
        return True
    return not all(found) or any(
        value is None for owner in owners for _, value in owner.own.stores.get(name, ())
    )
