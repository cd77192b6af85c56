"""What the names of one file mean, by ``ast`` and without regard to the order of statements."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

from .index_facts import UNKNOWN, Meaning

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEEPEST = 6
_BUILTINS = frozenset(dir(builtins))
#: Annotations that leave the type to the value.
_OPEN = frozenset({
    "typing.Final", "typing.ClassVar", "typing_extensions.Final", "typing_extensions.ClassVar",
})  # fmt: skip
_SCOPES = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_LEAVES = frozenset({
    ast.Name, ast.Constant, ast.Pass, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal,
    ast.Load, ast.Store, ast.Del, ast.alias, ast.Break, ast.Continue,
})  # fmt: skip
_BINDING = frozenset({
    ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension, ast.arg,
    ast.With, ast.AsyncWith, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.Global,
    ast.Nonlocal, ast.Import, ast.ImportFrom,
})  # fmt: skip


@dataclass(eq=False)
class Scope:
    """Names of a module, a class or a function; None among the values: not known."""

    kind: str
    qualname: str
    parent: Scope | None = None
    cls: str = ""  # of a method: its class
    first: str = ""  # and the name of the object
    name: str = ""
    values: dict[str, list[ast.expr | None]] = field(
        default_factory=dict[str, "list[ast.expr | None]"]
    )
    types: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    #: Names that loops bind: what is gone through, and the place in each of its items (-1: all).
    loops: dict[str, list[tuple[ast.expr, int]]] = field(
        default_factory=dict[str, list[tuple[ast.expr, int]]]
    )

    def inside(self, name: str) -> str:
        return f"{self.qualname}.{name}" if self.qualname else name


class Scopes:
    """The names of a file and of the scopes in it."""

    def __init__(self, tree: ast.Module, module: str, package: bool) -> None:
        self.tree = tree
        self.module = module
        self.package = module if package else module.rpartition(".")[0]
        self.imports: dict[str, list[str]] = {}
        self.stars: list[str] = []
        self.top = Scope("module", "")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                target = alias.name if alias.asname else first
                self.imports.setdefault(alias.asname or first, []).append(target)
            return
        base = node.module or ""
        if node.level:
            parts = self.package.split(".") if self.package else []
            above = parts[: len(parts) - node.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(base)
            else:
                name = f"{base}.{alias.name}" if base else alias.name
                self.imports.setdefault(alias.asname or alias.name, []).append(name)

    # -- names -------------------------------------------------------------------------------

    def names(self, nodes: list[ast.AST], scope: Scope) -> None:
        """The names that the statements of a scope bind, with what they are assigned."""
        outer: list[ast.Global | ast.Nonlocal] = []
        for node in nodes:
            if node.__class__ not in _BINDING:
                continue
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        scope.values.setdefault(target.id, []).append(node.value)
                    else:
                        self._unknown(target, scope)
            elif isinstance(node, ast.AnnAssign):
                if isinstance(node.target, ast.Name):
                    scope.types[node.target.id] = node.annotation
                    scope.values.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, ast.NamedExpr):
                scope.values.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
                self._unknown(node.target, scope)
                parts = node.target.elts if isinstance(node.target, ast.Tuple) else None
                for i, each in enumerate(parts or [node.target]):
                    if isinstance(each, ast.Name):
                        place = i if parts else -1
                        scope.loops.setdefault(each.id, []).append((node.iter, place))
            elif isinstance(node, ast.arg):  # of a lambda
                scope.values.setdefault(node.arg, []).append(None)
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                for item in node.items:
                    if item.optional_vars is not None:
                        self._unknown(item.optional_vars, scope)
            elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
                if node.name:
                    scope.values.setdefault(node.name, []).append(None)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                outer.append(node)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
        for node in outer if scope.kind == "function" else ():
            for name in node.names:
                found = scope.values.pop(name, [])
                if isinstance(node, ast.Global):
                    self.top.values.setdefault(name, []).extend(found)

    def _unknown(self, target: ast.expr, scope: Scope) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                scope.values.setdefault(node.id, []).append(None)

    def meaning(self, expr: ast.expr | None, scope: Scope, depth: int = 0) -> Meaning:
        if expr is None or depth > _DEEPEST:
            return UNKNOWN
        match expr:
            case ast.Name(id=name):
                return self._name(name, scope, depth)
            case ast.Attribute(value=value, attr=attr):
                owner = self.meaning(value, scope, depth + 1)
                if owner.kind == "name":
                    return Meaning("name", tuple(f"{n}.{attr}" for n in owner.names))
                return owner if attr == "__class__" and owner.kind == "self" else UNKNOWN
            case ast.Call(func=func, args=args):
                return self._call(func, args, scope, depth)
            case ast.Subscript(value=ast.Attribute(attr="modules"), slice=key):
                return self.loaded(key)
            case ast.Subscript(value=value):  # `Generic[T]`
                found = self.meaning(value, scope, depth + 1)
                return found if found.kind == "name" else UNKNOWN
            case ast.Await(value=value):
                return replace(self.meaning(value, scope, depth + 1), kind="") \
                    if isinstance(value, ast.Call) else UNKNOWN  # fmt: skip
            case _:
                return UNKNOWN

    def loaded(self, key: ast.expr) -> Meaning:
        """An item of ``sys.modules``."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return Meaning("name", (key.value,))
        if isinstance(key, ast.Name) and key.id == "__name__":
            return Meaning("globals", (self.module,))
        return Meaning("module")

    def _call(self, func: ast.expr, args: list[ast.expr], scope: Scope, depth: int) -> Meaning:
        last = last_part(func)
        if last == "type" and len(args) == 1:
            return self.meaning(args[0], scope, depth + 1)
        if last == "cast" and len(args) == 2:
            return Meaning("typed", self._in_annotation(args[0], scope, depth))
        if last in ("import_module", "__import__"):
            if len(args) == 1 and isinstance(args[0], ast.Constant):
                return Meaning("name", (str(args[0].value),))
            return Meaning("module")
        made = self.meaning(func, scope, depth + 1)
        if made.kind != "name":
            return UNKNOWN
        handed = [self.meaning(a, scope, depth + 1) for a in args]
        of = tuple(n for m in handed if m.kind == "name" for n in m.names)
        return Meaning("made", made.names, of)

    def _name(self, name: str, scope: Scope, depth: int) -> Meaning:
        at: Scope | None = scope
        while at is not None and at.kind != "module":
            if at.kind == "function" and name in at.values:
                if name == at.first:
                    return Meaning("self", (f"{self.module}.{at.cls}",))
                return self._local(name, at, depth)
            inner = f"{self.module}.{at.inside(name)}"
            if inner in self.defined and (at.kind == "function" or at is scope):
                return Meaning("name", (inner,))
            at = at.parent
        found = list(self.imports.get(name, ()))
        if not found and name in self.top.values:
            meaning = self._local(name, self.top, depth)
            if meaning.kind in ("made", "typed"):
                return meaning
        if name in self.top.values or f"{self.module}.{name}" in self.defined:
            found.append(f"{self.module}.{name}")
        if not found and name in _BUILTINS:
            found = [f"builtins.{name}"]
        if not found:
            found = [*(f"{star}.{name}" for star in self.stars), f"builtins.{name}"]
        return Meaning("name", tuple(found))

    def _local(self, name: str, scope: Scope, depth: int) -> Meaning:
        if name in scope.types:
            names = self._in_annotation(scope.types[name], scope, depth)
            if not _OPEN.issuperset(names):
                return Meaning("typed", names)
        found = [self.meaning(v, scope, depth + 1) for v in scope.values[name]]
        kinds = {m.kind for m in found}
        if len(kinds) == 1:
            return Meaning(kinds.pop(), tuple(dict.fromkeys(n for m in found for n in m.names)))
        return UNKNOWN

    def _in_annotation(self, node: ast.expr, scope: Scope, depth: int) -> tuple[str, ...]:
        """All that an annotation names; a string is parsed."""
        found: list[str] = []
        todo: list[ast.AST] = [node]
        while todo:
            one = todo.pop()
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                try:
                    todo.append(ast.parse(one.value, mode="eval").body)
                except (SyntaxError, ValueError):
                    found.append("typing.Any")
            elif isinstance(one, (ast.Name, ast.Attribute)):
                meaning = self.meaning(one, self.top, depth + 1)
                found += meaning.names or ("typing.Any",)
            else:
                todo.extend(ast.iter_child_nodes(one))
        return tuple(dict.fromkeys(found))

    @cached_property
    def defined(self) -> set[str]:
        """Functions and classes of the file by their dotted names."""
        found: set[str] = set()
        todo: list[tuple[ast.AST, str]] = [(self.tree, self.module)]
        while todo:
            node, prefix = todo.pop()
            if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                prefix = f"{prefix}.{node.name}"
                found.add(prefix)
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                todo.extend((inner, prefix) for inner in getattr(node, name, ()))
        return found


def own_nodes(body: Sequence[ast.AST]) -> list[ast.AST]:
    """The nodes of a scope in order, without those of the scopes within."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = [*reversed(body)]
    while todo:
        node = todo.pop()
        kind = node.__class__
        found.append(node)
        if kind in _SCOPES:
            if isinstance(node, ast.ClassDef):
                todo += [*node.decorator_list, *node.bases]
            elif isinstance(node, FUNCTIONS):
                todo += [*node.decorator_list, *node.args.defaults,
                         *(d for d in node.args.kw_defaults if d is not None)]  # fmt: skip
            continue
        if kind in _LEAVES:
            continue
        inner: list[ast.AST] = []
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                inner += [v for v in cast("list[object]", value) if isinstance(v, ast.AST)]
            elif isinstance(value, ast.AST):
                inner.append(value)
        todo += inner[::-1]
    return found


def last_part(node: ast.expr) -> str:
    """The last part of a dotted name; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
