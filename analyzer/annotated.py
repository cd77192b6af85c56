"""What an annotation says of a value: its text → a type, in the module that it stands in.

An annotation is taken at its word (docs/assumptions.md), with what it leaves open left unknown:
alternatives that differ, type variables, ``Any``. Below a built-in container of ``Any``, values are
plain data (contract §2, ``plain-values``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lineage import ancestry, class_at
from .typetext import NONE, PLAIN_DATA, TEXT, UNKNOWN, UNSAID, Type, is_plain, join, members, parts

if TYPE_CHECKING:
    from .resolve import Resolver

_ANY = frozenset({"typing.Any", "builtins.object"})
#: Containers and how many types stand in the brackets behind them.
_BUILT_IN = {
    "builtins.list": 1, "builtins.set": 1, "builtins.frozenset": 1, "builtins.dict": 2,
    "builtins.tuple": 1, "collections.defaultdict": 2, "collections.OrderedDict": 2,
    "collections.deque": 1,
}  # fmt: skip
SELF = "typing.Self"
_TYPED_DICTS = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
#: Aliases are followed from one module to the next so far.
_HOPS = 4


def annotated(resolver: Resolver, text: str, depth: int = 0) -> Type:
    """The type that an annotation of a module names, None left out; UNKNOWN if it is not one."""
    known = resolver.annotations.get((text, depth))
    if known is None:  # dictionaries of dictionaries name the same texts again and again
        found = [_member(resolver, m, depth) for m in members(text) if m != NONE]
        known = resolver.annotations[text, depth] = join(found) if found else Type(NONE)
    return known


def _member(resolver: Resolver, member: str, depth: int) -> Type:
    name, inner = parts(member)
    if name == UNSAID or name in _ANY or depth > 8:
        return UNKNOWN
    if name.startswith("<module>."):
        name = f"{resolver.module_name}.{name[len('<module>.') :]}"
    name = resolver.types.canonical(name)
    if name in _BUILT_IN:
        return _container(resolver, name, inner, depth)
    if name.startswith(("builtins.", "typing.", "collections.")):
        return Type(name, tuple(_within(resolver, text, depth) for text in inner))
    project = resolver.project
    if project is not None and project.stated(name) == "class":  # lowered when more is asked
        return Type(name, tuple(_within(resolver, text, depth) for text in inner))
    alias = _alias(resolver, name, depth)
    if alias is not None:
        return alias
    fields = typed_dict(resolver, name)
    if fields is not None:
        values = join(annotated(owner, text, depth + 1) for owner, text in fields.values())
        return Type("builtins.dict", (TEXT, values))
    found = class_at(resolver, name)
    if found is not None:
        name = f"{found[0].module_name}.{found[1].qualname}"
    return Type(name, tuple(_within(resolver, text, depth) for text in inner))


def _container(resolver: Resolver, name: str, inner: tuple[str, ...], depth: int) -> Type:
    args = tuple(_within(resolver, text, depth) for text in inner if text != "...")
    if not inner and resolver.plain_values:
        args = (PLAIN_DATA,) * _BUILT_IN[name]
    return Type(name, args)


def _within(resolver: Resolver, text: str, depth: int) -> Type:
    """What stands in the brackets behind a container."""
    several = members(text)
    if any(parts(member)[0] in _ANY for member in several):
        plain = resolver.plain_values and all(
            parts(m)[0] in _ANY or is_plain(_member(resolver, m, depth + 1)) for m in several
        )
        return PLAIN_DATA if plain else UNKNOWN
    return annotated(resolver, text, depth + 1)


def _alias(resolver: Resolver, name: str, depth: int) -> Type | None:
    """What a name of another module that stands for a type stands for."""
    project = resolver.project
    if project is None or "." not in name or class_at(resolver, name) is not None:
        return None
    found = project.definition(name)
    if found is None or found.kind != "variable":
        return None
    inference = project.inference(found.module)
    text = inference.module.type_aliases.get(found.qualname) if inference is not None else None
    if text is None or inference is None or depth > _HOPS:
        return UNKNOWN
    return annotated(inference.resolver, text, depth + 1)


def typed_dict(resolver: Resolver, name: str) -> dict[str, tuple[Resolver, str]] | None:
    """The keys of a ``TypedDict`` of the project, and what is annotated of each."""
    if class_at(resolver, name) is None:
        return None
    line = ancestry(resolver, name)
    if line is None or line[-1].name not in _TYPED_DICTS:
        return None
    found: dict[str, tuple[Resolver, str]] = {}
    for level in reversed(line):
        if level.info is not None:
            prefix = f"{level.info.qualname}:"
            for symbol, info in level.resolver.module.symbols.items():
                if symbol.startswith(prefix):
                    text = info.annotations[0] if len(info.annotations) == 1 else UNSAID
                    found[info.name] = (level.resolver, text)
    return found


def own_name(text: str, resolver: Resolver) -> str:
    """The qualified name of one alternative of an annotation."""
    name, _ = parts(text)
    if name.startswith("<module>."):
        name = f"{resolver.module_name}.{name[len('<module>.') :]}"
    return resolver.types.canonical(name)
