"""What names may stand for."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import ModuleType

from .source import Compiled, Module, World, last_words, module_at


@dataclass(frozen=True, slots=True)
class Class:
    module: Module
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Function:
    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: Class | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class, whose attributes are those of the class."""

    of: Class | Live


@dataclass(frozen=True, slots=True)
class Live:
    """An object of the running Python's that has no source."""

    value: object = field(compare=False)  # may be one that cannot be hashed
    name: str


@dataclass(frozen=True, slots=True)
class Manager:
    """What a function under ``contextmanager`` returns; entering it gives one of ``entered``."""

    entered: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """Something of a module that none of the distributions has."""

    module: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that is there, and of which the source does not tell more."""

    why: str


Value = Module | Compiled | Class | Function | Instance | Live | Manager | Outside | Opaque
Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands."""

    module: Module
    cls: Class | None = None
    function: ast.FunctionDef | ast.AsyncFunctionDef | None = None


def known(values: Iterable[Value]) -> Values:
    """Without repetitions; what is seen stands before what is not."""
    return tuple(sorted(dict.fromkeys(values), key=lambda v: isinstance(v, (Opaque, Outside))))


def at_module(world: World, name: str) -> Values:
    """The module itself as a value."""
    match module_at(world, name):
        case None:
            return ()
        case ModuleType() as live:
            return (Live(live, name),)
        case module:
            return (module,)


def is_property(function: Function) -> bool:
    """Does reading the attribute already run the function?"""
    words = last_words(function.node.decorator_list)
    return any("property" in word or word == "reify" for word in words)


def instances(values: Iterable[Value]) -> Values:
    """Objects of the classes that an annotation names."""
    return tuple(
        Instance(v) if isinstance(v, Class) or (isinstance(v, Live) and isinstance(v.value, type))
        else v for v in values
    )  # fmt: skip
