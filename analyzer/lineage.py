"""What a class of the project inherits, and which function a method call on its objects runs.

Bases are looked at in the order of the C3 linearization (Barrett et al., "A Monotonic Superclass
Linearization for Dylan", OOPSLA 1996; https://docs.python.org/3/howto/mro.html).
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .effects.selector import Attr
from .ir import ClassInfo, Function, Place, Value
from .project import Definition

if TYPE_CHECKING:
    from .resolve import Resolver

#: Bases that add nothing to what a class does.
EMPTY = frozenset({
    "builtins.object", "typing.Protocol", "typing.Generic", "abc.ABC", "typing_extensions.Protocol",
    "typing_extensions.Generic",
})  # fmt: skip
PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_EXCEPTIONS: dict[str, type] = {
    f"builtins.{name}": found
    for name, found in vars(builtins).items()
    if isinstance(found, type) and issubclass(found, BaseException)
}
ENUMS = frozenset({
    "enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag",
})  # fmt: skip
MODEL = "pydantic.BaseModel"
#: Bases that make their objects themselves.
MAKERS = ENUMS | frozenset({
    MODEL, "typing.NamedTuple", "typing.TypedDict", "typing_extensions.TypedDict", "builtins.str",
    "builtins.int",
})  # fmt: skip
_DEEPEST = 24


@dataclass(frozen=True, eq=False)
class Level:
    """One class of a line of inheritance; ``info`` is None for a class outside the project."""

    name: str
    resolver: Resolver
    info: ClassInfo | None

    def symbol(self, name: str) -> str:
        return f"{self.info.qualname}:{name}" if self.info is not None else ""


def class_at(resolver: Resolver, kind: str) -> tuple[Resolver, ClassInfo] | None:
    """The class of the project that a type name means, and the module it stands in."""
    prefix = f"{resolver.module_name}."
    if kind.startswith(prefix):
        info = resolver.module.classes.get(kind[len(prefix) :])
        if info is not None:
            return resolver, info
    project = resolver.project
    found = project.definition(kind) if project is not None and "." in kind else None
    if found is None or found.kind != "class" or project is None:
        return None
    inference = project.inference(found.module)
    if inference is None or found.qualname not in inference.module.classes:
        return None
    return inference.resolver, inference.module.classes[found.qualname]


def ancestry(resolver: Resolver, kind: str) -> tuple[Level, ...] | None:
    """A class and its bases in the order in which attributes are looked up.

    None if a base, or what a decorator or a metaclass makes of one of them, is not known.
    """
    known = resolver.lines
    if kind not in known:
        known[kind] = None  # a class that inherits from itself is none
        known[kind] = _line(resolver, kind, 0)
    return known[kind]


def open_line(resolver: Resolver, kind: str) -> tuple[Level, ...] | None:
    """The same with bases of libraries, of which nothing is known, each as one level.

    What stands before the first of them is looked up as written. None without `plain-values`.
    """
    known = resolver.open_lines
    if kind not in known:
        known[kind] = None
        line = _line(resolver, kind, 0, opened=True) if resolver.plain_values else None
        known[kind] = line if line is not None and line[0].info is not None else None
    return known[kind]


def _line(
    resolver: Resolver, kind: str, depth: int, *, opened: bool = False
) -> tuple[Level, ...] | None:
    found = class_at(resolver, kind)
    if found is None or depth > _DEEPEST:
        return _outside(resolver, kind, opened=opened)
    owner, info = found
    name = f"{owner.module_name}.{info.qualname}"
    if info.keywords or not _decorated_harmlessly(owner, info):
        return None
    above: list[tuple[Level, ...]] = []
    bases: list[Level] = []
    for base in info.bases:
        named = base_name(owner, base)
        line = _line(owner, named, depth + 1, opened=opened) if named != name else None
        if line is None:
            return None
        above.append(line)
        bases.append(line[0])
    merged = _merged([*map(list, above), bases])
    return (Level(name, owner, info), *merged) if merged is not None else None


def _outside(resolver: Resolver, kind: str, *, opened: bool) -> tuple[Level, ...] | None:
    known = kind in EMPTY or kind in _EXCEPTIONS or kind in MAKERS
    project = resolver.project
    inside = project is None or project.inside(kind) or "." not in kind or "?" in kind
    return (Level(kind, resolver, None),) if known or (opened and not inside) else None


def _merged(lines: list[list[Level]]) -> list[Level] | None:
    """The C3 merge; ``object`` is left out, which comes last in every line."""
    lines = [[level for level in line if level.name != "builtins.object"] for line in lines]
    found: list[Level] = []
    while any(lines):
        lines = [line for line in lines if line]
        for line in lines:
            head = line[0]
            if not any(head.name in (level.name for level in other[1:]) for other in lines):
                break
        else:
            return None  # Python refuses to make such a class
        found.append(head)
        lines = [[level for level in line if level.name != head.name] for line in lines]
    return found


def base_name(owner: Resolver, base: Value) -> str:
    """The qualified name of a base; what stands in brackets is for type checkers (PEP 560)."""
    place = base.place
    if place is None or place.symbol.startswith("call#"):
        return "?"
    steps = place.steps
    while steps and not isinstance(steps[-1], Attr):
        steps = steps[:-1]
    return owner.types.canonical(owner.place_name(Place(place.symbol, steps)))


def decorator_name(owner: Resolver, value: Value) -> str:
    """The qualified name of a decorator, called or not."""
    if value.place is None:
        return "?"
    call = owner.module.calls.get(value.place.symbol)
    if call is not None:
        return owner.call_name(call)
    return owner.types.canonical(owner.place_name(value.place))


def _decorated_harmlessly(owner: Resolver, info: ClassInfo) -> bool:
    names = (decorator_name(owner, value) for value in info.decorators)
    return all(owner.types.decorators.get(name) == "harmless" for name in names)


# -- methods -----------------------------------------------------------------------------------


def method(resolver: Resolver, kind: str, name: str, *, exact: bool = False) -> Definition | None:
    """The function that ``kind``'s attribute ``name`` is; None if that is not known.

    ``exact``: the object is of this very class, not of one that inherits from it.
    """
    found = found_method(resolver, kind, name)
    if found is None:
        return None
    owner, function = found
    if is_abstract(owner, function) or (not exact and overridden(resolver, kind, name)):
        return None
    return Definition("function", owner.module_name, function.qualname)


def found_method(resolver: Resolver, kind: str, name: str) -> tuple[Resolver, Function] | None:
    """The function that ``name`` is on an object of this very class, and the module it is in."""
    line = ancestry(resolver, kind) or open_line(resolver, kind)
    if line is None or shadowed(resolver, line, name) or _intercepted(line, name):
        return None
    return _looked_up(line, name)


def inherited(
    resolver: Resolver, kind: str, after: str, name: str
) -> tuple[Resolver, Function] | bool | None:
    """What ``super().name`` in a method of ``after`` is, for an object of ``kind``.

    True if it is an ``__init__`` outside the project that runs no code of it.
    """
    line = ancestry(resolver, kind)
    at = next((i for i, level in enumerate(line or ()) if level.name == after), None)
    if line is None or at is None or shadowed(resolver, line, name):
        return None
    rest = line[at + 1 :]
    for level in rest:
        if name == "__init__" and level.name in _EXCEPTIONS:
            return True
        if level.info is not None and name in level.resolver.own.bound_in(level.info.qualname):
            break
    else:
        if name == "__init__" and all(level.info or level.name in EMPTY for level in rest):
            return True
    return _looked_up(rest, name)


def _looked_up(line: Sequence[Level], name: str) -> tuple[Resolver, Function] | None:
    for level in line:
        if level.info is None:
            if _has(level.name, name):
                return None
            continue
        module = level.resolver.module
        symbol = module.symbols.get(level.symbol(name))
        if symbol is None:
            continue
        conditional = level.symbol(name) in level.resolver.own.conditional
        if symbol.bindings != 1 or not symbol.function or symbol.unbound or conditional:
            return None
        function = level.resolver.own.function(symbol.function)
        return (level.resolver, function) if function is not None else None
    return None


def _intercepted(line: Sequence[Level], name: str) -> bool:
    """Does a class of the line answer for every attribute itself?"""
    return not name.startswith("__") and any(
        level.info is not None and "__getattribute__" in level.info.methods for level in line
    )


def _has(outside: str, name: str) -> bool:
    """May a class outside of the project have the attribute?"""
    if outside in EMPTY:
        return False
    known = _EXCEPTIONS.get(outside)
    return hasattr(known, name) and not name.startswith("__") if known is not None else True


def is_abstract(owner: Resolver, function: Function) -> bool:
    """Is a method there to be implemented by others: abstract, or one of a protocol?"""
    names = {decorator_name(owner, value) for value in function.decorators}
    info = owner.module.classes.get(function.class_scope)
    bases = {base_name(owner, base) for base in info.bases} if info is not None else set[str]()
    return "abc.abstractmethod" in names or bool(bases & PROTOCOLS)


def shadowed(resolver: Resolver, line: Sequence[Level], name: str) -> bool:
    """May an attribute of the object, or of its class, be set to something else somewhere?"""
    names = {level.name for level in line}
    for owner in {id(r): r for r in (resolver, *(level.resolver for level in line))}.values():
        for place, _ in owner.own.stores.get(name, ()):
            mine = owner.self_class(place) if len(place.steps) == 1 else ""
            if not mine or mine in names:
                return True
    return False


def overridden(resolver: Resolver, kind: str, name: str) -> bool:
    """Does a class that inherits from ``kind`` define ``name`` anew, in the modules at hand?"""
    line = ancestry(resolver, kind) or open_line(resolver, kind)
    if line is None:
        return True
    own = line[0]
    for owner in {id(r): r for r in (resolver, own.resolver)}.values():
        for qualname, info in owner.module.classes.items():
            below = f"{owner.module_name}.{qualname}"
            if below == own.name or not (name in info.methods or _assigned(owner, qualname, name)):
                continue
            above = ancestry(owner, below)
            if above is None:
                if own.name in _named_above(owner, qualname):
                    return True
            elif any(level.name == own.name for level in above):
                return True
    return False


def _assigned(owner: Resolver, qualname: str, name: str) -> bool:
    symbol = owner.module.symbols.get(f"{qualname}:{name}")
    return symbol is not None and symbol.bindings > 0


def _named_above(owner: Resolver, qualname: str) -> Iterator[str]:
    """The names of all bases that can be followed, for a class with some that cannot."""
    todo, seen = [(owner, qualname)], set[str]()
    while todo:
        here, current = todo.pop()
        for base in here.module.classes[current].bases:
            name = base_name(here, base)
            found = class_at(here, name)
            if found is not None:
                name = f"{found[0].module_name}.{found[1].qualname}"
                if name not in seen:
                    todo.append((found[0], found[1].qualname))
            if name not in seen:
                seen.add(name)
                yield name
