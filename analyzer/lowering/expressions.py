"""LibCST expressions → events in evaluation order, and the value they make.

Order of evaluation: Python reference 6.16; operands behind a guard (``and``, ``or``, a conditional
expression, a chained comparison, a comprehension's element, a lambda's body) are marked guarded.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from ..ir import (
    OPAQUE,
    SLICE,
    UNTYPED,
    Argument,
    AwaitValue,
    Call,
    Control,
    Invoke,
    Iterate,
    Operate,
    Place,
    Risk,
    Use,
    Value,
)
from ..names import Scope, resolve
from .context import Context
from .evaluation import LOWERINGS, Lower, evaluate, test
from .scoped import comprehension, lambda_
from .strings import LITERALS, concatenated, formatted, literal
from .targets import bind, bound, key_of, path, use_path


def _name(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Name)
    if node.value in ("True", "False", "None"):
        constant = {"True": True, "False": False, "None": None}[node.value]
        kind = "None" if constant is None else "bool"
        return Value(literal=constant, is_literal=True, immutable=True, type=f"builtins.{kind}")
    place = Place(context.symbol(node.value))
    context.use(place, deep=deep, risk=Risk.NAME)
    return Value(place=place, function=_function_of(context, node.value))


def _function_of(context: Context, name: str) -> str:
    scope: Scope | None = resolve(context.scope, name)
    return scope.functions.get(name, "") if scope is not None else ""


def _access(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    place, value = path(node, context)
    if place is None:
        context.add(Operate((value,), Risk.ATTRIBUTE, context.guarded, sign=_steps(node)))
    else:
        use_path(place, context, deep=deep)
    if isinstance(node, cst.Subscript) and any(isinstance(e.slice, cst.Slice) for e in node.slice):
        # A container of the same parts. Of a library's type it may be a view: the whole itself.
        whole = Value(place=Place(place.symbol, place.steps[:-1])) if place else value.held[0]
        return Value(held=(whole, value), type=SLICE)
    return value


def _steps(node: cst.BaseExpression) -> str:
    """The attributes and subscripts behind a value without a name."""
    found: list[str] = []
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        found.append(node.attr.value if isinstance(node, cst.Attribute) else "[]")
        node = node.value
    return ".".join(reversed(found))


def _call(node: cst.BaseExpression, context: Context, deep: bool, awaited: object = None) -> Value:
    assert isinstance(node, cst.Call)
    if node in context.unit.arithmetic and context.symbol("eval") == "builtins:eval":
        for arg in node.args:
            context.add(Operate((evaluate(arg.value, context),), Risk.OPERATOR, context.guarded))
        return Value(immutable=True)
    start = len(context.events)
    receiver: Value | None = None
    method = ""
    if isinstance(node.func, cst.Attribute):
        place, function = path(node.func, context)
        if place is not None:
            receiver = Value(place=Place(place.symbol, place.steps[:-1]))
            use_path(place, context, deep=False)
        else:
            receiver = function.held[0] if function.held else function
        method = node.func.attr.value
    else:
        function = evaluate(node.func, context, deep=False)
    # `*args` is evaluated before keywords wherever it stands (Python reference 6.3.4).
    arguments: dict[int, Argument] = {}
    order = sorted(
        range(len(node.args)), key=lambda i: (node.args[i].keyword is not None
                                             or node.args[i].star == "**")
    )  # fmt: skip
    for i in order:
        arg = node.args[i]
        value = evaluate(arg.value, context, deep=False)
        if arg.star:
            context.add(Iterate(value, guarded=context.guarded))
        keyword = arg.keyword.value if arg.keyword is not None else None
        arguments[i] = Argument(value, keyword, arg.star, context.unit.span(arg))
    unit = context.unit
    unit.number += 1
    whole = unit.span(awaited) if isinstance(awaited, cst.Await) else None
    span = unit.span(node)
    text = unit.source.text
    gaps = text[whole.start : span.start] + text[span.end : whole.end] if whole else ""
    call = Call(
        id=unit.number,
        callee=unit.text(unit.span(node.func)),
        span=span,
        function=function,
        receiver=receiver,
        method=method,
        arguments=tuple(arguments[i] for i in range(len(node.args))),
        setup=tuple(context.events[start:]),
        awaited=awaited is not None,
        await_span=whole,
        commented="#" in gaps,
        guarded=context.guarded,
    )
    unit.calls[call.symbol] = call
    context.add(Invoke(call, context.guarded))
    return Value(place=Place(call.symbol))


def _await(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Await)
    if isinstance(node.expression, cst.Call):
        return _call(node.expression, context, deep, awaited=node)
    value = evaluate(node.expression, context)
    context.add(AwaitValue(value, context.guarded))
    return OPAQUE


#: What may make something else than numbers; "-" stands for all other operators.
_SIGNS: dict[type[cst.BaseBinaryOp], str] = {cst.BitOr: "|", cst.Modulo: "%"}
_OPERATORS: dict[type[cst.BaseBinaryOp], str] = {
    cst.Add: "+", cst.Multiply: "*", cst.BitOr: "|", cst.BitAnd: "&", cst.BitXor: "^",
    cst.Modulo: "%",
}  # fmt: skip


def _binary(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.BinaryOperation)
    left = evaluate(node.left, context)
    right = evaluate(node.right, context)
    total = isinstance(node.operator, (cst.Add, cst.Subtract, cst.Multiply))
    risk = Risk.OPERATOR if total else Risk.ITEM  # the others can fail on two numbers
    sign = _OPERATORS.get(type(node.operator), "-")
    context.add(Operate((left, right), risk, context.guarded, sign=sign))
    if isinstance(node.operator, cst.Add):
        return Value(parts=(left, right), held=(left, right), operator="+")
    if isinstance(node.operator, cst.Divide):
        return Value(parts=(left, right), held=(left, right), path_join=True, operator="/")
    # `[x] * 3` holds one object three times.
    repeats = isinstance(node.operator, cst.Multiply)
    sign = "*" if repeats else _SIGNS.get(type(node.operator), "-")
    return Value(held=(left, right), many=repeats, operator=sign)


def _boolean(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.BooleanOperation)
    left = test(node.left, context, deep=deep)
    with context.guard():
        right = evaluate(node.right, context, deep=deep)
    return Value(held=(left, right))


def _comparison(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Comparison)
    same = all(isinstance(c.operator, (cst.Is, cst.IsNot)) for c in node.comparisons)
    left = evaluate(node.left, context, deep=not same)  # `x is y` looks at no content
    for i, target in enumerate(node.comparisons):
        context.depth += i > 0
        member = isinstance(target.operator, (cst.In, cst.NotIn))
        right = evaluate(target.comparator, context, deep=not (member or same))
        if member and right.place is not None:
            guarded = context.guarded
            context.add(Use(right.place, guarded=guarded, member=key_of(left)))
        if not isinstance(target.operator, (cst.Is, cst.IsNot)):
            context.add(Operate((left, right), Risk.OPERATOR, context.guarded, member))
        context.depth -= i > 0
        left = right
    return Value(immutable=True, type="builtins.bool")


def _unary(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.UnaryOperation)
    value = evaluate(node.expression, context)
    if isinstance(node.operator, cst.Not):
        if not value.immutable:
            context.add(Operate((value,), Risk.TRUTH, context.guarded))
        return Value(immutable=True, type="builtins.bool")
    if value.is_literal and isinstance(node.operator, cst.Minus):
        literal = value.literal
        if isinstance(literal, (int, float)):
            return replace(value, literal=-literal)
    sign = "~" if isinstance(node.operator, cst.BitInvert) else "-"
    context.add(Operate((value,), Risk.OPERATOR, context.guarded, sign=sign))
    return Value(held=(value,), operator="-")


def _conditional(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.IfExp)
    test(node.test, context, deep=False)
    with context.guard():
        body = evaluate(node.body, context, deep=deep)
        orelse = evaluate(node.orelse, context, deep=deep)
    return Value(held=(body, orelse))


def _display(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, (cst.Tuple, cst.List, cst.Set))
    held: list[Value] = []
    for element in node.elements:
        # What compares or formats the whole (`"%s" % (a, b)`) looks into what it holds.
        value = evaluate(element.value, context, deep=deep or isinstance(node, cst.Set))
        if isinstance(element, cst.StarredElement):
            context.add(Iterate(value, guarded=context.guarded))
            value = Value(held=(value,), element=True)
        held.append(value)
    kind = type(node).__name__.lower()
    if isinstance(node, cst.Set) and held:
        context.add(Operate(tuple(held), Risk.OPERATOR, context.guarded))  # hashes its elements
    immutable = isinstance(node, cst.Tuple) and all(v.immutable for v in held)
    return Value(held=tuple(held), fresh=True, immutable=immutable, type=f"builtins.{kind}")


def _dict(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Dict)
    entries: list[tuple[str, Value]] = []
    held: list[Value] = []
    keys: list[Value] = []
    literal = whole = True
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            value = evaluate(element.value, context)
            context.add(Iterate(value, guarded=context.guarded))
            value = Value(held=(value,), element=True, type=UNTYPED)
            literal = whole = False
        else:
            assert isinstance(element, cst.DictElement)
            key = evaluate(element.key, context)
            keys.append(key)
            if not key.is_literal:
                context.add(Operate((key,), Risk.OPERATOR, context.guarded))
                held.append(key)
            value = evaluate(element.value, context, deep=deep)
            if isinstance(key.literal, str):
                entries.append((key.literal, value))
            else:
                literal = False
        held.append(value)
    return Value(
        held=tuple(held),
        fresh=True,
        type="builtins.dict",
        entries=tuple(entries) if literal else None,
        keys=tuple(keys) if whole else None,
    )


def _walrus(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.NamedExpr)
    value = evaluate(node.value, context, deep=deep)
    return bound(value, bind(node.target, value, context))


def _yield(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Yield)
    value = Value()
    if isinstance(node.value, cst.From):
        value = evaluate(node.value.item, context)
        context.add(Iterate(value, guarded=context.guarded))
    elif node.value is not None:
        value = evaluate(node.value, context)
    context.add(Control("yield", context.guarded, value))
    return OPAQUE


_TABLE: dict[type[cst.CSTNode], Lower] = {
    **dict.fromkeys(LITERALS, literal),
    cst.Name: _name, cst.Attribute: _access, cst.Subscript: _access, cst.Call: _call,
    cst.Await: _await, cst.BinaryOperation: _binary, cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison, cst.UnaryOperation: _unary, cst.IfExp: _conditional,
    cst.Tuple: _display, cst.List: _display, cst.Set: _display, cst.Dict: _dict,
    cst.FormattedString: formatted, cst.TemplatedString: formatted,
    cst.ConcatenatedString: concatenated, cst.Lambda: lambda_,
    cst.ListComp: comprehension, cst.SetComp: comprehension, cst.DictComp: comprehension,
    cst.GeneratorExp: comprehension, cst.StarredDictComp: comprehension,
    cst.NamedExpr: _walrus, cst.Yield: _yield,
}  # fmt: skip
LOWERINGS.update(_TABLE)

__all__ = ["bind", "evaluate", "path"]
