"""What expressions and annotations stand for, as far as names can be followed through them."""

from __future__ import annotations

import ast
import builtins
from collections import namedtuple
from collections.abc import Iterator
from typing import Any

from .resolve import TYPED, body_names, bound, evaluate, lookup, result
from .source import World, names_of
from .values import (
    Class,
    Function,
    Instance,
    Live,
    Manager,
    Opaque,
    Scope,
    Value,
    Values,
    instances,
    known,
)

#: Annotations that say something about what stands in their brackets.
WRAPPERS = frozenset({
    "Optional", "Union", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly",
    "Type", "type", "Mapped", "InitVar",
})  # fmt: skip
#: Iterators that a function under ``contextmanager`` is annotated with.
YIELDS = frozenset({
    "Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator",
    "AbstractContextManager", "AbstractAsyncContextManager", "ContextManager",
    "AsyncContextManager", "_GeneratorContextManager", "_AsyncGeneratorContextManager",
})  # fmt: skip


def value_of(world: World, node: ast.expr, scope: Scope) -> Iterator[Value]:
    """All values that the expression may have."""
    match node:
        case ast.Name():
            yield from _name(world, node.id, scope)
        case ast.Attribute():
            for value in evaluate(world, node.value, scope):
                yield from lookup(world, value, node.attr)
        case ast.Constant(str(text)):
            try:
                written = ast.parse(text.strip(), mode="eval").body
            except SyntaxError:
                return
            if isinstance(written, (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)):
                yield from evaluate(world, written, scope)
        case ast.Subscript():
            yield from _subscript(world, node, scope)
        case ast.BinOp(left, ast.BitOr(), right):
            yield from evaluate(world, left, scope)
            yield from evaluate(world, right, scope)
        case ast.IfExp():
            yield from evaluate(world, node.body, scope)
            yield from evaluate(world, node.orelse, scope)
        case ast.BoolOp():
            for part in node.values:
                yield from evaluate(world, part, scope)
        case ast.Await() | ast.NamedExpr() | ast.Starred():
            yield from evaluate(world, node.value, scope)
        case ast.Call():
            yield from _call(world, node, scope)
        case _:
            return


def _name(world: World, name: str, scope: Scope) -> Values:
    if name == "None":
        return ()
    if name == "Self" and scope.cls is not None:
        return (scope.cls,)
    found: list[Value] = []
    if scope.function is not None:
        found += _local(world, name, scope.function, scope)
    elif scope.cls is not None:
        for binding in body_names(scope.cls).table.get(name, ()):
            found += bound(world, binding, scope, name)
    # also the module's: in a body, an annotation `chat: chat.Chat` means the module's `chat`
    if not found or scope.function is None:
        found += lookup(world, scope.module, name)
    if not found and hasattr(builtins, name):
        found.append(Live(getattr(builtins, name), f"builtins.{name}"))
    return known(found)


def _local(
    world: World, name: str, function: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
) -> Iterator[Value]:
    """A parameter (by its annotation) or a name that the function binds."""
    a = function.args
    positional = [*a.posonlyargs, *a.args]
    outer = Scope(scope.module, scope.cls)
    for parameter in (*positional, *a.kwonlyargs):
        if parameter.arg == name:
            if parameter.annotation is not None:
                yield from instances(evaluate(world, parameter.annotation, outer))
            elif scope.cls is not None and positional[:1] == [parameter]:
                yield Instance(scope.cls)
            else:
                yield Opaque("a parameter")
    names = names_of(function.body, scope.module.name, scope.module.package)
    for binding in names.table.get(name, ()):
        if isinstance(binding, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Function(scope.module, binding)  # no method, whatever stands around it
        else:
            yield from bound(world, binding, scope, name)


def _subscript(world: World, node: ast.Subscript, scope: Scope) -> Iterator[Value]:
    head = ast.unparse(node.value).rpartition(".")[2]
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if head in WRAPPERS:
        for part in inner[:1] if head in ("Annotated", "InitVar") else inner:
            yield from evaluate(world, part, scope)
    elif head != "Literal":
        yield from evaluate(world, node.value, scope)


def _call(world: World, node: ast.Call, scope: Scope) -> Iterator[Value]:
    callee = ast.unparse(node.func).rpartition(".")[2]
    match callee:
        case "TypeVar":
            for keyword in node.keywords:
                if keyword.arg == "bound":
                    yield from evaluate(world, keyword.value, scope)
            for part in node.args[1:]:
                yield from evaluate(world, part, scope)
            return
        case "cast" if len(node.args) == 2:
            yield from instances(evaluate(world, node.args[0], scope))
            return
        case "namedtuple" if len(node.args) > 1:
            yield from _named_tuple(node)
            return
        case "TypedDict":
            yield TYPED
            return
        case "NewType" if len(node.args) == 2:
            yield from evaluate(world, node.args[1], scope)
            return
        case "staticmethod" | "classmethod" | "final" | "overload" if len(node.args) == 1:
            yield from evaluate(world, node.args[0], scope)
            return
        case "property" | "cached_property" if node.args:
            for value in evaluate(world, node.args[0], scope):
                yield from result(world, value) if isinstance(value, Function) else ()
            return
        case _:
            pass
    for value in evaluate(world, node.func, scope):
        yield from called(world, value)


def _named_tuple(node: ast.Call) -> Iterator[Value]:
    try:
        fields: object = ast.literal_eval(node.args[1])
    except ValueError:
        yield Opaque("fields of a named tuple that are put together")
        fields = ()
    names = fields.replace(",", " ").split() if isinstance(fields, str) else fields
    make: Any = namedtuple
    yield Live(make("made", names, rename=True), ast.unparse(node))


def called(world: World, value: Value) -> Values:
    """What calling a value returns."""
    match value:
        case Class():
            return (Instance(value),)
        case Live() if isinstance(value.value, type) and value.value is not type:
            return (Instance(value),)
        case Instance():
            methods = lookup(world, value, "__call__")
            return tuple(v for m in methods if isinstance(m, Function) for v in result(world, m))
        case Function():
            managers = [d for d in value.node.decorator_list if "contextmanager" in ast.unparse(d)]
            if managers:
                return (Manager(_yielded(world, value)),)
            return result(world, value)
        case Live():
            return (Opaque(f"returned by {value.name}"),)
        case _:
            return (value,)


def _yielded(world: World, function: Function) -> Values:
    scope = Scope(function.module, function.owner, function.node)
    match function.node.returns:
        case ast.Subscript(head, inner) if ast.unparse(head).rpartition(".")[2] in YIELDS:
            first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
            found = instances(evaluate(world, first, scope))
        case _:
            found = tuple(
                v for node in ast.walk(function.node)
                if isinstance(node, ast.Yield) and node.value is not None
                for v in evaluate(world, node.value, scope)
            )  # fmt: skip
    return found or (Opaque(f"what {function.node.name} yields"),)


def entered(world: World, value: Value) -> Values:
    """What entering a manager gives, if that can be told."""
    if isinstance(value, Manager):
        return value.entered
    found: list[Value] = []
    for name in ("__aenter__", "__enter__"):
        for method in lookup(world, value, name):
            found += result(world, method) if isinstance(method, Function) else ()
    return known(found)
