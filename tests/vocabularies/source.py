"""Modules of unpacked releases as syntax trees: where they lie, and what their statements bind.

Nothing of a release is imported or run. Only the running Python's own modules that have no source
(``math``, ``builtins``) are looked at as objects.
"""

from __future__ import annotations

import ast
import importlib
import sys
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

STDLIB = Path(sysconfig.get_path("stdlib"))
Def = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Import:
    """``import module``, or ``from module import name``."""

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """A name with an annotation, a value, or neither that could be told."""

    annotation: ast.expr | None = None
    value: ast.expr | None = None


Binding = Def | Import | Assigned


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What a body binds. All branches count; ``hidden`` names are kept from type checkers."""

    table: dict[str, list[Binding]] = field(default_factory=dict[str, list[Binding]])
    stars: list[str] = field(default_factory=list[str])
    hidden: set[str] = field(default_factory=set[str])

    def bind(self, name: str, binding: Binding, hidden: bool) -> None:
        if hidden and name not in self.table:
            self.hidden.add(name)
        elif not hidden:
            self.hidden.discard(name)
        self.table.setdefault(name, []).append(binding)


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A module by its source; a stub beside it counts as a further branch."""

    name: str
    package: bool
    body: tuple[ast.stmt, ...]
    folders: tuple[Path, ...]  # where its submodules lie, of a package
    names: Names
    own: bool = False  # is it one of the running Python's?


@dataclass(frozen=True, slots=True)
class Compiled:
    """A module of a release that has neither source nor stub."""

    name: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class World:
    """The folders in which modules are looked for, before those of the standard library."""

    roots: tuple[Path, ...] = ()
    known: dict[str, Module | Compiled | ModuleType | None] = field(
        default_factory=dict[str, "Module | Compiled | ModuleType | None"]
    )


def module_at(world: World, name: str) -> Module | Compiled | ModuleType | None:
    """The module of that qualified name, or ``None``."""
    if name not in world.known:
        world.known[name] = _find(world, name)
    return world.known[name]


def submodules(module: Module) -> list[str]:
    """The names of the modules in a package."""
    paths = (path for folder in module.folders for path in folder.iterdir())
    return sorted({
        path.name.split(".")[0]
        for path in paths
        if path.suffix in (".py", ".pyi", ".so", ".pyd") or path.is_dir()
    })  # fmt: skip


def _find(world: World, name: str) -> Module | Compiled | ModuleType | None:
    own = name.partition(".")[0] in sys.stdlib_module_names
    folders: list[Path] = []
    for root in (*world.roots, *([STDLIB] if own else [])):
        place = root.joinpath(*name.split("."))
        for stem, package in ((place / "__init__", True), (place, False)):
            files = [f for f in (Path(f"{stem}.py"), Path(f"{stem}.pyi")) if f.is_file()]
            if files:
                return _read(name, package, files, (place,) if package else (), root == STDLIB)
        if place.is_dir():
            folders.append(place)
        elif place.parent.is_dir() and root != STDLIB and any(
            path.suffix in (".so", ".pyd") for path in place.parent.glob(f"{place.name}.*")
        ):  # fmt: skip
            return Compiled(name)
    if folders:
        return Module(name, True, (), tuple(folders), Names())
    return imported(name) if own else None


def imported(name: str) -> ModuleType | None:
    """A module of the running Python's, as an object."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError:
        return None


def _read(
    name: str, package: bool, files: list[Path], folders: tuple[Path, ...], own: bool
) -> Module:
    body: list[ast.stmt] = []
    for file in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body += ast.parse(file.read_bytes(), str(file)).body
    return Module(name, package, tuple(body), folders, names_of(body, name, package), own)


def names_of(body: Iterable[ast.stmt], module: str, package: bool) -> Names:
    """The names that the statements of a module or class bind, in all branches."""
    found = Names()
    _collect(body, module, package, found, hidden=False)
    return found


def _collect(
    body: Iterable[ast.stmt], module: str, package: bool, found: Names, hidden: bool
) -> None:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.bind(node.name, node, hidden)
                continue
            case ast.Import():
                for alias in node.names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    found.bind(alias.asname or whole, Import(whole), hidden)
            case ast.ImportFrom():
                origin = absolute(node, module, package)
                for alias in node.names:
                    if alias.name == "*":
                        found.stars.append(origin)
                    else:
                        found.bind(alias.asname or alias.name, Import(origin, alias.name), hidden)
            case ast.Assign():
                for target in node.targets:
                    _assign(target, node.value, found, hidden)
            case ast.AnnAssign():
                if isinstance(node.target, ast.Name):
                    found.bind(node.target.id, Assigned(node.annotation, node.value), hidden)
            case ast.For() | ast.AsyncFor():
                _assign(node.target, None, found, hidden)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        _assign(item.optional_vars, None, found, hidden)
            case ast.Expr(ast.Call(ast.Name("setattr"), [ast.Name(owner), ast.Constant(word), v])):
                found.bind(f"{owner}.{word}", Assigned(value=v), hidden)
            case _ if type(node).__name__ == "TypeAlias":  # `type X = …`, Python 3.12
                parts = vars(node)
                found.bind(parts["name"].id, Assigned(value=parts["value"]), hidden)
            case _:
                pass
        for branch, concealed in _branches(node):
            _collect(branch, module, package, found, hidden or concealed)


def _assign(target: ast.expr, value: ast.expr | None, found: Names, hidden: bool) -> None:
    match target:
        case ast.Name():
            found.bind(target.id, Assigned(value=value), hidden)
        case ast.Attribute(ast.Name(owner)):
            found.bind(f"{owner}.{target.attr}", Assigned(value=value), hidden)
        case ast.Tuple() | ast.List():
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            same = len(parts) == len(target.elts)
            for i, part in enumerate(target.elts):
                _assign(part, parts[i] if same else None, found, hidden)
        case _:
            pass


def _branches(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """The statements inside a statement, and whether type checkers are kept from them."""
    match node:
        case ast.If():
            match node.test:
                case ast.UnaryOp(
                    ast.Not(), ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")
                ):
                    yield node.body, True
                    yield node.orelse, False
                case ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
                    yield node.body, False
                    yield node.orelse, True
                case _:
                    yield node.body, False
                    yield node.orelse, False
        case ast.Match():
            for case in node.cases:
                yield case.body, False
        case ast.Try() | ast.TryStar():
            yield node.body, False
            for handler in node.handlers:
                yield handler.body, False
            yield node.orelse, False
            yield node.finalbody, False
        case ast.For() | ast.AsyncFor() | ast.While():
            yield node.body, False
            yield node.orelse, False
        case ast.With() | ast.AsyncWith():
            yield node.body, False
        case _:
            pass


def absolute(node: ast.ImportFrom, module: str, package: bool) -> str:
    """The module that ``from … import`` names, without leading dots."""
    return absolute_name("." * node.level + (node.module or ""), module, package)


def absolute_name(name: str, module: str, package: bool) -> str:
    """A module's name that may be relative to ``module``."""
    rest = name.lstrip(".")
    level = len(name) - len(rest)
    if not level:
        return rest
    words = module.split(".")
    kept = words[: len(words) - level + package]
    return ".".join([*kept, *([rest] if rest else [])])


def strings(node: ast.AST) -> list[str]:
    """All texts written in a piece of code."""
    return [
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


def own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """What stands in a function and not in one inside it."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)


def returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """The expressions after `return`."""
    nodes = own_nodes(function)
    return [node.value for node in nodes if isinstance(node, ast.Return) and node.value]


def last_words(nodes: Iterable[ast.expr]) -> set[str]:
    """The names that decorators or bases go by, without modules, arguments and brackets."""
    texts = (ast.unparse(node) for node in nodes)
    return {text.partition("(")[0].partition("[")[0].rpartition(".")[2] for text in texts}


def exported(module: Module) -> frozenset[str] | None:
    """The texts of ``__all__``, or ``None`` if the module has none or builds it from others."""
    found: set[str] = set()
    whole = False
    for binding in module.names.table.get("__all__", ()):
        if isinstance(binding, Assigned) and isinstance(binding.value, (ast.List, ast.Tuple)):
            found.update(strings(binding.value))
            whole = not any(isinstance(e, ast.Starred) for e in binding.value.elts)
    added = any(
        isinstance(node, ast.AugAssign) and ast.unparse(node.target) == "__all__"
        for statement in module.body for node in ast.walk(statement)
    )  # fmt: skip
    return frozenset(found) if whole and not added else None
