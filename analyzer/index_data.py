"""Values that can only be plain data, as far as a file shows (contract §2, `plain-values`)."""

from __future__ import annotations

import ast

from .index_scopes import Scope, last_part

_CONTAINERS = frozenset({
    "dict", "list", "tuple", "set", "frozenset", "Dict", "List", "Tuple", "Set", "FrozenSet",
    "Mapping", "MutableMapping", "Sequence",
})  # fmt: skip
_PLAIN = frozenset({"Any", "str", "int", "float", "bool", "bytes", "None"})
_UNIONS = frozenset({"Optional", "Union"})
#: Methods of a dictionary that go through what it holds.
_VIEWS = frozenset({"items", "values", "keys"})


def is_data(node: ast.expr, scope: Scope) -> bool:
    """Is it a constant, or found below a parameter that is annotated as a container of data?"""
    if isinstance(node, ast.Constant):
        return True
    if not isinstance(node, ast.Name):
        return False
    return _below(node.id, scope, frozenset())


def _below(name: str, scope: Scope, seen: frozenset[str]) -> bool:
    """Are all bindings of a name in its scope loops through containers of data?"""
    loops = scope.loops.get(name, [])
    bound = scope.values.get(name, [])
    if name in seen or not loops or len(loops) != len(bound) or name in scope.types:
        return False
    return all(_container(iterated, scope, seen | {name}) for iterated, _ in loops)


def _container(node: ast.expr, scope: Scope, seen: frozenset[str]) -> bool:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _VIEWS
        and not node.args
    ):
        node = node.func.value
    if not isinstance(node, ast.Name):
        return False
    annotation = scope.types.get(node.id)
    if annotation is not None and scope.values.get(node.id) == [None]:
        return _annotated(annotation)
    return _below(node.id, scope, seen)


def _annotated(node: ast.expr, *, inside: bool = False) -> bool:
    """Does an annotation name a container of data (``inside`` one: or data)?"""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return False
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        parts = [node.left, node.right]
        return all(_annotated(p, inside=inside) or _is_none(p) for p in parts)
    if isinstance(node, ast.Subscript):
        word = last_part(node.value)
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if word in _UNIONS:
            return all(_annotated(p, inside=inside) or _is_none(p) for p in parts)
        return word in _CONTAINERS and all(
            _annotated(p, inside=True) or (isinstance(p, ast.Constant) and p.value is ...)
            for p in parts
        )
    word = last_part(node)
    return word in _CONTAINERS or (inside and (word in _PLAIN or _is_none(node)))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
