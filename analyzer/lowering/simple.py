"""Simple statements → events in the order Python performs them (reference, chapter 7)."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from ..ir import OPAQUE, Control, Define, Mutate, Operate, Risk, Shape, Store, Value
from ..names import resolve
from .annotations import annotate, annotate_field, evaluate_annotation
from .context import Context
from .evaluation import test
from .expressions import bind, evaluate, path
from .targets import bound, perhaps

More = dict[str, object] | None


def _awaits_call(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Await) and isinstance(node.expression, cst.Call)


def _expr(node: cst.Expr, context: Context) -> dict[str, object]:
    evaluate(node.value, context)
    return {"shape": Shape.BARE} if _awaits_call(node.value) else {}


def _assign(node: cst.Assign, context: Context) -> dict[str, object]:
    value = evaluate(node.value, context, deep=False)
    for target in node.targets:
        value = bound(value, bind(target.target, value, context))
    if len(node.targets) == 1 and _awaits_call(node.value):
        target = node.targets[0].target
        return {
            "shape": Shape.ASSIGN,
            "target": context.unit.span(target),
            "target_name": _target_name(target),
        }
    if len(node.targets) == 1:
        return {"target_name": _target_name(node.targets[0].target)}
    return {}


def _target_name(target: cst.CSTNode) -> str:
    if isinstance(target, cst.Name):
        return target.value
    if isinstance(target, cst.Attribute):
        return target.attr.value
    if isinstance(target, cst.Subscript) and len(target.slice) == 1:
        index = target.slice[0].slice
        if isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString):
            return str(index.value.raw_value)
    if isinstance(target, (cst.Tuple, cst.List)):
        names = [e.value.value for e in target.elements if isinstance(e.value, cst.Name)]
        named = [name for name in names if name.strip("_")]
        return named[0] if named else ""
    return ""


def _ann_assign(node: cst.AnnAssign, context: Context) -> dict[str, object]:
    if node.value is not None:
        value = evaluate(node.value, context, deep=False)
        bind(node.target, value, context)
    elif not isinstance(node.target, cst.Name):
        path(node.target, context)  # evaluated up to its last step (reference, 7.2.2)
    if isinstance(node.target, cst.Name):
        annotate(node.target.value, node.annotation, context)
    elif isinstance(node.target, cst.Attribute):
        annotate_field(node.target, node.annotation, context)
    if context.scope.kind != "function":
        evaluate_annotation(node.annotation, context)
    if _awaits_call(node.value):
        return {
            "shape": Shape.ASSIGN,
            "target": context.unit.span(node.target),
            "target_name": _target_name(node.target),
            "annotated": True,
        }
    return {}


#: Operators that join, repeat or unite containers in place; the others are for numbers and sets.
_SIGNS: dict[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+=",
    cst.MultiplyAssign: "*=",
    cst.BitOrAssign: "|=",
    cst.BitAndAssign: "&=",
    cst.BitXorAssign: "^=",
    cst.ModuloAssign: "%=",
}


def _aug_assign(node: cst.AugAssign, context: Context) -> dict[str, object]:
    place, base = path(node.target, context)
    if place is not None:
        context.use(place, deep=True, risk=Risk.ITEM if place.steps else Risk.NAME)
    value = evaluate(node.value, context)
    total = isinstance(node.operator, (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign))
    sign = _SIGNS.get(type(node.operator), "-=")
    context.add(Operate((base, value), Risk.OPERATOR if total else Risk.ITEM, sign=sign[0]))
    if place is None:
        for other in perhaps(node.target, base):
            context.add(Mutate(other, guarded=True, operator=sign, operand=value))
            result = Value(held=(Value(place=other), value), operator=sign)
            context.add(Store(other, result, guarded=True))
        context.add(Control("target"))
        return {}
    context.add(Mutate(place, operator=sign, operand=value))
    result = Value(held=(base, value), operator=sign)
    if place.steps:
        context.add(Store(place, result))
    else:
        context.unit.values.setdefault(place.symbol, []).append(result)
        context.add(Define(place.symbol, result))
    return {}


def _return(node: cst.Return, context: Context) -> dict[str, object]:
    value = Value()
    if node.value is not None:
        value = evaluate(node.value, context, deep=not _passed_on(node.value, context))
    context.add(Control("return", value=value))
    return {"shape": Shape.RETURN} if _awaits_call(node.value) else {}


def _passed_on(node: cst.BaseExpression, context: Context) -> bool:
    """A new container, or the object of a method: returning it looks at no content."""
    if isinstance(node, cst.Name) and node.value == "self":
        scope = resolve(context.scope, node.value)
        within = scope.parent if scope is not None and node.value in scope.parameters else None
        return within is not None and within.kind == "class"
    return isinstance(node, (cst.Tuple, cst.List, cst.Dict))


def _raise(node: cst.Raise, context: Context) -> None:
    raised = Value() if node.exc is None else evaluate(node.exc, context)
    cause = Value() if node.cause is None else evaluate(node.cause.item, context)
    context.add(Control("raise", value=Value(held=(raised, cause))))


def _assert(node: cst.Assert, context: Context) -> None:
    test(node.test, context, deep=False)
    message = Value()
    if node.msg is not None:
        with context.guard():
            message = evaluate(node.msg, context)
    context.add(Control("assert", value=message))


def _del(node: cst.Del, context: Context) -> None:
    _delete(node.target, context)
    context.add(Control("del"))


def _delete(target: cst.BaseExpression, context: Context) -> None:
    if isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            _delete(element.value, context)
        return
    place, _ = path(target, context)
    if place is not None and not place.steps:
        context.unit.values.setdefault(place.symbol, []).append(OPAQUE)
        context.unit.unbound.add(place.symbol)
        context.add(Define(place.symbol, OPAQUE))
    elif place is not None:
        context.add(Mutate(place, removes=True))


def _import(
    node: cst.Import | cst.ImportFrom | cst.LazyImport | cst.LazyImportFrom, context: Context
) -> None:
    # A lazy import (PEP 810) acts when its name is first used, yet it is kept in its place.
    if not isinstance(node.names, cst.ImportStar):
        for alias in node.names:
            target = alias.asname.name if alias.asname else alias.name
            while isinstance(target, cst.Attribute):
                target = target.value
            if isinstance(target, cst.Name):
                context.add(Define(context.symbol(target.value), OPAQUE))
    context.add(Control("import"))


def _type_alias(node: cst.TypeAlias, context: Context) -> None:
    context.add(Define(context.symbol(node.name.value), OPAQUE))


def _nothing(node: cst.CSTNode, context: Context) -> None:
    """`pass`."""


SIMPLE: dict[type[cst.CSTNode], Callable[..., More]] = {
    cst.Expr: _expr, cst.Assign: _assign, cst.AnnAssign: _ann_assign, cst.AugAssign: _aug_assign,
    cst.Return: _return, cst.Raise: _raise, cst.Assert: _assert, cst.Del: _del,
    cst.Import: _import, cst.ImportFrom: _import, cst.LazyImport: _import,
    cst.LazyImportFrom: _import, cst.TypeAlias: _type_alias, cst.Pass: _nothing,
}  # fmt: skip  # break, continue, global and nonlocal are control and nothing else
