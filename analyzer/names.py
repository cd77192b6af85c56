"""Scopes of a LibCST module: which name in which place is which symbol.

Python's rules (reference, 4.2): a name bound anywhere in a function is local to it unless declared
``global`` or ``nonlocal``; class scopes are seen neither from nested functions nor from
comprehensions, but from annotation scopes (PEP 695); comprehension targets are their own scope,
``:=`` inside one binds in the function around it (PEP 572).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any
from unicodedata import normalize

import libcst as cst

from .names_dotted import absolute_module, dotted

_SKIPPED_FIELDS = ("whitespace", "lpar", "rpar", "comma", "semicolon", "header", "footer",
                   "leading_lines", "lines_after", "lbracket", "rbracket", "equal", "colon",
                   "asynchronous", "trailing", "indent", "encoding", "default_",
                   "has_trailing")  # fmt: skip

COMPREHENSIONS = (
    cst.ListComp,
    cst.SetComp,
    cst.DictComp,
    cst.GeneratorExp,
    cst.StarredDictComp,
)


@dataclass(slots=True)
class Scope:
    """One scope: ``kind`` is module, function, class, comprehension or type (PEP 695).

    ``bindings`` counts the places that bind a name; 0: only declared (``x: int``).
    """

    kind: str
    qualname: str
    parent: Scope | None
    bindings: dict[str, int] = field(default_factory=dict[str, int])
    parameters: set[str] = field(default_factory=set[str])
    globals: set[str] = field(default_factory=set[str])
    nonlocals: set[str] = field(default_factory=set[str])
    imports: dict[str, str] = field(default_factory=dict[str, str])
    members: set[str] = field(default_factory=set[str])  # bound by `from … import`
    functions: dict[str, str] = field(default_factory=dict[str, str])
    classes: dict[str, str] = field(default_factory=dict[str, str])

    def symbol(self, name: str) -> str:
        return f"{self.qualname}:{name}"


@dataclass(slots=True)
class Scopes:
    """All scopes of a module, by the node that opens them."""

    module: Scope
    by_node: dict[cst.CSTNode, Scope]
    star_import: bool
    names: set[str]
    modules: set[str]
    stars: list[str] = field(default_factory=list[str])  # modules whose names are all imported

    @property
    def respelled(self) -> str:
        """An identifier that Python reads as another name: mangled, or normalised (or "")."""
        odd = (
            word
            for word in self.names
            if (word.startswith("__") and not word.endswith("__"))
            or (not word.isascii() and normalize("NFKC", word) != word)
        )
        return min(odd, default="")


@cache
def _child_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if not f.name.startswith(_SKIPPED_FIELDS))


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The syntax children of a node in source order, without whitespace and punctuation."""
    for name in _child_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                if isinstance(item, cst.CSTNode):
                    yield item


def resolve(scope: Scope, name: str) -> Scope | None:
    """The scope whose binding ``name`` means in ``scope``; None for a builtin or undefined one."""
    current: Scope | None = scope
    first = True
    while current is not None:
        if current.kind == "module":
            return current if name in current.bindings else None
        if first or current.kind != "class":
            if name in current.globals:
                return _module_of(current)
            if name in current.bindings and name not in current.nonlocals:
                return current
        first = first and current.kind == "type"
        current = current.parent
    return None


def _module_of(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope


class _Collector:
    def __init__(self, module_name: str, is_package: bool) -> None:
        self.module_name = module_name
        self.is_package = is_package
        self.scopes = Scopes(Scope("module", "", None), {}, False, set(), set())
        self.unique: dict[str, int] = {}
        # nonlocal bindings: the outer one may come later
        self.pending: list[tuple[Scope, str]] = []

    def open(self, node: cst.CSTNode, kind: str, name: str, parent: Scope) -> Scope:
        outer = parent
        while outer.kind == "type" and outer.parent is not None:
            outer = outer.parent
        qualname = f"{outer.qualname}.{name}" if outer.qualname else name
        count = self.unique[qualname] = self.unique.get(qualname, 0) + 1
        if count > 1:
            qualname = f"{qualname}#{count}"
        scope = self.scopes.by_node[node] = Scope(kind, qualname, parent)
        return scope

    def bind(self, scope: Scope, name: str) -> None:
        target = scope
        while target.kind == "comprehension" and target.parent is not None:
            target = target.parent
        if name in target.globals:
            target = self.scopes.module
        elif name in target.nonlocals:
            self.pending.append((target, name))
            return
        target.bindings[name] = target.bindings.get(name, 0) + 1

    def bind_pending(self) -> None:
        for scope, name in self.pending:
            outer = scope.parent
            while outer is not None and not (
                outer.kind == "function" and name in outer.bindings and name not in outer.nonlocals
            ):
                outer = outer.parent
            target = outer or scope
            target.bindings[name] = target.bindings.get(name, 0) + 1

    def bind_target(self, target: cst.CSTNode, scope: Scope, *, local: bool = False) -> None:
        if isinstance(target, cst.Name):
            self.scopes.names.add(target.value)
            if local:
                scope.bindings[target.value] = scope.bindings.get(target.value, 0) + 1
            else:
                self.bind(scope, target.value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self.bind_target(element.value, scope, local=local)
        else:
            self.visit(target, scope)

    def visit_all(self, nodes: Iterable[cst.CSTNode], scope: Scope) -> None:
        for node in nodes:
            self.visit(node, scope)

    def visit(self, node: cst.CSTNode, scope: Scope) -> None:
        method = _VISITORS.get(type(node))
        if method is None:
            self.visit_all(children(node), scope)
        else:
            method(self, node, scope)

    def name(self, node: cst.Name, scope: Scope) -> None:
        self.scopes.names.add(node.value)

    def attribute(self, node: cst.Attribute, scope: Scope) -> None:
        self.visit(node.value, scope)

    def function(self, node: cst.FunctionDef, scope: Scope) -> None:
        self.bind_target(node.name, scope)
        outer = self.type_parameters(node.type_parameters, node.name.value, scope)
        inner = self.open(node, "function", node.name.value, outer)
        scope.functions[node.name.value] = inner.qualname
        self.visit_all(node.decorators, scope)
        self.parameters(node.params, inner, scope, outer)
        if node.returns is not None:
            self.visit(node.returns, outer)
        self.declarations(node.body, inner)
        self.visit(node.body, inner)

    def type_parameters(self, node: cst.TypeParameters | None, name: str, scope: Scope) -> Scope:
        """The annotation scope that type parameters open, or ``scope`` if there are none."""
        if node is None:
            return scope
        inner = self.open(node, "type", f"<type {name}>", scope)
        for param in node.params:
            self.bind_target(param.param.name, inner, local=True)
            self.visit_all(children(param.param), inner)
            if param.default is not None:
                self.visit(param.default, inner)
        return inner

    def parameters(
        self, params: cst.Parameters, inner: Scope, outer: Scope, annotations: Scope
    ) -> None:
        stars = (params.star_arg, params.star_kwarg)
        for param in (
            *params.posonly_params,
            *params.params,
            *params.kwonly_params,
            *(star for star in stars if isinstance(star, cst.Param)),
        ):
            inner.bindings[param.name.value] = 1
            inner.parameters.add(param.name.value)
            self.scopes.names.add(param.name.value)
            if param.default is not None:
                self.visit(param.default, outer)
            if param.annotation is not None:
                self.visit(param.annotation, annotations)

    def declarations(self, body: cst.CSTNode, scope: Scope) -> None:
        """``global`` and ``nonlocal`` hold for the whole function, wherever they stand."""
        stack = [body]
        while stack:
            node = stack.pop()
            if isinstance(node, (cst.Global, cst.Nonlocal)):
                words = {item.name.value for item in node.names}
                (scope.globals if isinstance(node, cst.Global) else scope.nonlocals).update(words)
            elif isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.BaseExpression)):
                continue
            else:
                stack.extend(children(node))

    def class_def(self, node: cst.ClassDef, scope: Scope) -> None:
        self.bind_target(node.name, scope)
        outer = self.type_parameters(node.type_parameters, node.name.value, scope)
        inner = self.open(node, "class", node.name.value, outer)
        scope.classes[node.name.value] = inner.qualname
        self.visit_all(node.decorators, scope)
        self.visit_all((*node.bases, *node.keywords), outer)
        self.declarations(node.body, inner)
        self.visit(node.body, inner)

    def lambda_(self, node: cst.Lambda, scope: Scope) -> None:
        inner = self.open(node, "function", "<lambda>", scope)
        self.parameters(node.params, inner, scope, scope)
        self.visit(node.body, inner)

    def comprehension(self, node: cst.BaseComp, scope: Scope) -> None:
        inner = self.open(node, "comprehension", "<comp>", scope)
        self.comp_for(node.for_in, inner, scope)
        self.visit_all((c for c in children(node) if c is not node.for_in), inner)

    def comp_for(self, node: cst.CompFor, inner: Scope, outer: Scope) -> None:
        self.visit(node.iter, outer)
        self.bind_target(node.target, inner, local=True)
        self.visit_all(node.ifs, inner)
        if node.inner_for_in is not None:
            self.comp_for(node.inner_for_in, inner, inner)

    def assign_target(self, node: cst.AssignTarget, scope: Scope) -> None:
        self.bind_target(node.target, scope)

    def ann_assign(self, node: cst.AnnAssign, scope: Scope) -> None:
        if node.value is not None or not isinstance(node.target, cst.Name):
            self.bind_target(node.target, scope)
        elif node.target.value not in scope.globals | scope.nonlocals:
            scope.bindings.setdefault(node.target.value, 0)  # declared, and so local
            self.scopes.names.add(node.target.value)
        self.visit(node.annotation, scope)
        if node.value is not None:
            self.visit(node.value, scope)

    def aug_assign(self, node: cst.AugAssign, scope: Scope) -> None:
        self.bind_target(node.target, scope)
        self.visit(node.value, scope)

    def for_(self, node: cst.For, scope: Scope) -> None:
        self.visit(node.iter, scope)
        self.bind_target(node.target, scope)
        self.visit(node.body, scope)
        if node.orelse is not None:
            self.visit(node.orelse, scope)

    def as_name(self, node: cst.AsName, scope: Scope) -> None:
        self.bind_target(node.name, scope)

    def named_expr(self, node: cst.NamedExpr, scope: Scope) -> None:
        self.visit(node.value, scope)
        self.bind_target(node.target, scope)

    def del_(self, node: cst.Del, scope: Scope) -> None:
        self.bind_target(node.target, scope)

    def match_as(self, node: cst.MatchAs, scope: Scope) -> None:
        if node.pattern is not None:
            self.visit(node.pattern, scope)
        if node.name is not None:
            self.bind_target(node.name, scope)

    def match_star(self, node: cst.MatchStar, scope: Scope) -> None:
        if node.name is not None:
            self.bind_target(node.name, scope)

    def match_mapping(self, node: cst.MatchMapping, scope: Scope) -> None:
        self.visit_all(node.elements, scope)
        if node.rest is not None:
            self.bind_target(node.rest, scope)

    def type_alias(self, node: cst.TypeAlias, scope: Scope) -> None:
        self.bind_target(node.name, scope)
        self.visit(node.value, self.type_parameters(node.type_parameters, node.name.value, scope))

    def import_(self, node: cst.Import | cst.LazyImport, scope: Scope) -> None:
        for alias in node.names:
            full = dotted(alias.name) or ""
            self.scopes.modules.add(full.split(".")[0])
            if alias.asname is not None:
                self.imported(scope, alias.asname.name, full)
            else:
                first = full.split(".")[0]
                known = scope.imports.get(first) == first  # `import os, os.path` is one binding
                if not known:
                    self.bind(scope, first)
                scope.imports[first] = first
                self.scopes.names.add(first)

    def imported(self, scope: Scope, target: cst.CSTNode, full: str) -> None:
        if isinstance(target, cst.Name):
            if scope.imports.get(target.value) != full:
                self.bind(scope, target.value)
            scope.imports[target.value] = full
            self.scopes.names.add(target.value)

    def import_from(self, node: cst.ImportFrom | cst.LazyImportFrom, scope: Scope) -> None:
        module = absolute_module(self.module_name, self.is_package, node)
        self.scopes.modules.add(module.split(".")[0])
        if isinstance(node.names, cst.ImportStar):
            self.scopes.star_import = True
            self.scopes.stars.append(module)
            return
        for alias in node.names:
            target = alias.asname.name if alias.asname else alias.name
            joiner = "" if module.endswith(".") else "."
            self.imported(scope, target, f"{module}{joiner}{dotted(alias.name)}")
            if isinstance(target, cst.Name):
                scope.members.add(target.value)

    def declared(self, node: cst.Global | cst.Nonlocal, scope: Scope) -> None:
        """Where the names are bound was settled beforehand."""
        self.scopes.names.update(item.name.value for item in node.names)


_VISITORS: dict[type[cst.CSTNode], Callable[[_Collector, Any, Scope], None]] = {
    cst.Name: _Collector.name, cst.Attribute: _Collector.attribute,
    cst.FunctionDef: _Collector.function, cst.ClassDef: _Collector.class_def,
    cst.Lambda: _Collector.lambda_,
    **dict.fromkeys(COMPREHENSIONS, _Collector.comprehension),
    cst.AssignTarget: _Collector.assign_target, cst.AnnAssign: _Collector.ann_assign,
    cst.AugAssign: _Collector.aug_assign, cst.For: _Collector.for_,
    cst.AsName: _Collector.as_name, cst.NamedExpr: _Collector.named_expr,
    cst.Del: _Collector.del_, cst.MatchAs: _Collector.match_as,
    cst.MatchStar: _Collector.match_star, cst.MatchMapping: _Collector.match_mapping,
    cst.TypeAlias: _Collector.type_alias, cst.Import: _Collector.import_,
    cst.ImportFrom: _Collector.import_from, cst.LazyImport: _Collector.import_,
    cst.LazyImportFrom: _Collector.import_from, cst.Global: _Collector.declared,
    cst.Nonlocal: _Collector.declared,
}  # fmt: skip


def collect(module: cst.Module, module_name: str = "", is_package: bool = False) -> Scopes:
    """All scopes of ``module``; relative imports are resolved against ``module_name``."""
    collector = _Collector(module_name, is_package)
    collector.scopes.by_node[module] = collector.scopes.module
    for statement in module.body:
        collector.visit(statement, collector.scopes.module)
    collector.bind_pending()
    return collector.scopes
