"""LibCST expressions → events in evaluation order, and the value they make.

Order of evaluation: Python reference 6.16; operands behind a guard (``and``, ``or``, a conditional
expression, a chained comparison, a comprehension's element, a lambda's body) are marked guarded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from ..effects.selector import AnyKey, Attr, Key, Step, SymKey
from ..ir import (
    OPAQUE,
    Argument,
    AwaitValue,
    Call,
    Control,
    Define,
    Invoke,
    Iterate,
    Operate,
    Place,
    Risk,
    Value,
)
from ..names import Scope, dotted
from .context import Context

_LITERALS = (cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary)
GENERATOR = "<generator>"


def evaluate(node: cst.BaseExpression, context: Context, *, deep: bool = True) -> Value:
    """Add the events of evaluating ``node`` and return its value.

    ``deep``: the value's content is looked at here; False where it is only passed on.
    """
    lower = _EXPRESSIONS.get(type(node))
    if lower is not None:
        return lower(node, context, deep)
    if not isinstance(node, cst.Ellipsis):
        context.add(Control("expression", context.guarded))  # not known here: nothing passes it
    return Value(immutable=True)


def _literal(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    remember_string(node, context)
    assert isinstance(node, _LITERALS)
    try:
        value: object = ast.literal_eval(node.value)
    except (ValueError, SyntaxError):  # a spelling that only a newer Python reads
        return Value(immutable=True)
    return Value(
        literal=value, is_literal=True, immutable=True, type=f"builtins.{type(value).__name__}"
    )


def remember_string(node: cst.CSTNode, context: Context) -> None:
    """Lines that start inside a string must not be indented anew."""
    where = context.unit.positions[node]
    if where.end.line > where.start.line:
        context.unit.strings.append((where.start.line, where.end.line))


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
    from ..names import resolve

    scope: Scope | None = resolve(context.scope, name)
    return scope.functions.get(name, "") if scope is not None else ""


def path(node: cst.BaseExpression, context: Context) -> tuple[Place | None, Value]:
    """The place that a chain of attributes and subscripts names, its parts evaluated.

    The last slot is *not* read: the caller says whether it is read or stored.
    """
    if isinstance(node, cst.Name) and node.value not in ("True", "False", "None"):
        place = Place(context.symbol(node.value))
        return place, Value(place=place)
    if isinstance(node, cst.Attribute):
        base = _base(node.value, context)
        return _step(base, Attr(node.attr.value))
    if isinstance(node, cst.Subscript):
        base = _base(node.value, context)
        return _step(base, _key(node, context))
    value = evaluate(node, context)
    return None, value


def _base(node: cst.BaseExpression, context: Context) -> tuple[Place | None, Value]:
    place, value = path(node, context)
    if place is not None:
        _use_path(place, context, deep=False)
    return place, value


def _use_path(place: Place, context: Context, *, deep: bool) -> None:
    if not place.steps:
        risk = Risk.NAME
    elif isinstance(place.steps[-1], Attr):
        risk = Risk.ATTRIBUTE
    else:
        risk = Risk.ITEM
    if place.symbol.startswith("call#") and not place.steps:
        return
    context.use(place, deep=deep, risk=risk)


def _step(base: tuple[Place | None, Value], step: Step) -> tuple[Place | None, Value]:
    place, value = base
    if place is None and value.place is not None:
        place = value.place
    if place is None:
        return None, Value(held=(value,))
    longer = place.then(step)
    return longer, Value(place=longer)


def _key(node: cst.Subscript, context: Context) -> Step:
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        index = evaluate(node.slice[0].slice.value, context)
        if index.is_literal and isinstance(index.literal, (str, int, bytes)):
            return Key(index.literal)
        if index.place is not None and not index.place.steps:
            return SymKey(index.place.symbol)
        return AnyKey()
    for element in node.slice:
        _slice(element.slice, context)
    return AnyKey()


def _slice(node: cst.BaseSlice, context: Context) -> None:
    if isinstance(node, cst.Index):
        evaluate(node.value, context)
    elif isinstance(node, cst.Slice):
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                evaluate(part, context)


def _access(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    place, value = path(node, context)
    if place is None:
        context.add(Operate((value,), Risk.ATTRIBUTE, context.guarded))
        return value
    _use_path(place, context, deep=deep)
    if isinstance(node, cst.Subscript) and any(isinstance(e.slice, cst.Slice) for e in node.slice):
        return Value(held=(Value(place=place),), fresh=False)
    return value


def _call(node: cst.BaseExpression, context: Context, deep: bool, awaited: object = None) -> Value:
    assert isinstance(node, cst.Call)
    start = len(context.events)
    receiver: Value | None = None
    method = ""
    if isinstance(node.func, cst.Attribute):
        place, function = path(node.func, context)
        if place is not None:
            receiver = Value(place=Place(place.symbol, place.steps[:-1]))
            _use_path(place, context, deep=False)
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
    call = Call(
        id=unit.number,
        callee=unit.text(unit.span(node.func)),
        span=unit.span(node),
        function=function,
        receiver=receiver,
        method=method,
        arguments=tuple(arguments[i] for i in range(len(node.args))),
        setup=tuple(context.events[start:]),
        awaited=awaited is not None,
        await_span=unit.span(awaited) if isinstance(awaited, cst.Await) else None,
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


def _binary(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.BinaryOperation)
    left = evaluate(node.left, context)
    right = evaluate(node.right, context)
    total = isinstance(node.operator, (cst.Add, cst.Subtract, cst.Multiply))
    risk = Risk.OPERATOR if total else Risk.ITEM  # the others can fail on two numbers
    context.add(Operate((left, right), risk, context.guarded))
    if isinstance(node.operator, cst.Add):
        return Value(parts=(left, right), held=(left, right))
    if isinstance(node.operator, cst.Divide):
        return Value(parts=(left, right), held=(left, right), path_join=True)
    return Value(held=(left, right))


def _boolean(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.BooleanOperation)
    left = evaluate(node.left, context)
    with context.guard():
        right = evaluate(node.right, context, deep=deep)
    return Value(held=(left, right))


def _comparison(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Comparison)
    left = evaluate(node.left, context)
    for i, target in enumerate(node.comparisons):
        context.depth += i > 0
        right = evaluate(target.comparator, context)
        if not isinstance(target.operator, (cst.Is, cst.IsNot)):
            context.add(Operate((left, right), Risk.OPERATOR, context.guarded))
        context.depth -= i > 0
        left = right
    return Value(immutable=True, type="builtins.bool")


def _unary(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.UnaryOperation)
    value = evaluate(node.expression, context)
    if isinstance(node.operator, cst.Not):
        return Value(immutable=True, type="builtins.bool")
    if value.is_literal and isinstance(node.operator, cst.Minus):
        literal = value.literal
        if isinstance(literal, (int, float)):
            return replace(value, literal=-literal)
    context.add(Operate((value,), Risk.OPERATOR, context.guarded))
    return Value(held=(value,))


def _conditional(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.IfExp)
    evaluate(node.test, context)
    with context.guard():
        body = evaluate(node.body, context, deep=deep)
        orelse = evaluate(node.orelse, context, deep=deep)
    return Value(held=(body, orelse))


def _display(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, (cst.Tuple, cst.List, cst.Set))
    held: list[Value] = []
    for element in node.elements:
        value = evaluate(element.value, context, deep=False)
        if isinstance(element, cst.StarredElement):
            context.add(Iterate(value, guarded=context.guarded))
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
    literal = True
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            value = evaluate(element.value, context)
            context.add(Iterate(value, guarded=context.guarded))
            literal = False
        else:
            assert isinstance(element, cst.DictElement)
            key = evaluate(element.key, context)
            if not key.is_literal:
                context.add(Operate((key,), Risk.OPERATOR, context.guarded))
            value = evaluate(element.value, context, deep=False)
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
    )


def _formatted(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, (cst.FormattedString, cst.TemplatedString))
    remember_string(node, context)
    parts = _string_parts(node.parts, context)
    return Value(parts=tuple(parts), immutable=True, type="builtins.str")


def _string_parts(nodes: object, context: Context) -> list[Value]:
    parts: list[Value] = []
    assert isinstance(nodes, (list, tuple))
    for part in nodes:  # pyright: ignore[reportUnknownVariableType]
        if isinstance(part, (cst.FormattedStringText, cst.TemplatedStringText)):
            parts.append(Value(literal=_unescape(part.value), is_literal=True))
        elif isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            value = evaluate(part.expression, context)
            context.add(Operate((value,), Risk.FORMAT, context.guarded))
            if part.format_spec is not None:
                _string_parts(part.format_spec, context)
            plain = part.format_spec is None and part.conversion is None and part.equal is None
            parts.append(value if plain else OPAQUE)
    return parts


def _unescape(text: str) -> object:
    # With an escape the exact characters depend on the prefix: a non-string literal is "unknown".
    return None if "\\" in text else text.replace("{{", "{").replace("}}", "}")


def _concatenated(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.ConcatenatedString)
    remember_string(node, context)
    parts = (evaluate(node.left, context), evaluate(node.right, context))
    return Value(parts=parts, immutable=True, type="builtins.str")


def _lambda(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Lambda)
    inner = Context(context.unit, context.unit.scopes.by_node[node], context.events, context.depth)
    for param in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
        if param.default is not None:
            evaluate(param.default, context)
    with inner.guard():
        value = evaluate(node.body, inner)
    return Value(function="lambda", held=(value,), fresh=True)


def _comprehension(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.BaseComp)
    scope = context.unit.scopes.by_node[node]
    inner = Context(context.unit, scope, context.events, context.depth)
    element: list[Value] = []

    def clause(comp: cst.CompFor, outer: Context) -> None:
        iterable = evaluate(comp.iter, outer)
        context.add(Iterate(iterable, comp.asynchronous is not None, outer.guarded))
        with inner.guard():
            bind(comp.target, Value(held=(iterable,)), inner)
            for test in comp.ifs:
                evaluate(test.test, inner)
            if comp.inner_for_in is not None:
                clause(comp.inner_for_in, inner)
            elif isinstance(node, cst.DictComp):
                evaluate(node.key, inner)
                element.append(evaluate(node.value, inner, deep=False))
            else:
                elt = getattr(node, "elt", None)
                assert isinstance(elt, cst.BaseExpression)
                element.append(evaluate(elt, inner, deep=False))

    clause(node.for_in, context)
    kind = {cst.ListComp: "builtins.list", cst.SetComp: "builtins.set",
            cst.DictComp: "builtins.dict"}.get(type(node), GENERATOR)  # fmt: skip
    return Value(held=tuple(element), fresh=True, type=kind)


def bind(target: cst.CSTNode, value: Value, context: Context) -> None:
    """Bind ``value`` to an assignment target: names, unpacking, attributes, subscripts."""
    from ..ir import Store

    if isinstance(target, cst.Name):
        symbol = context.symbol(target.value)
        context.unit.values.setdefault(symbol, []).append(value)
        context.add(Define(symbol, value, context.guarded))
    elif isinstance(target, (cst.Tuple, cst.List)):
        direct = value.place is not None and value.place.symbol.startswith("call#")
        if direct or value.type == "<enter>":
            # Unpacking what a call of this very statement returned is an operator on that value.
            context.add(Operate((value,), Risk.ITEM, context.guarded))
        else:
            context.add(Iterate(value, guarded=context.guarded))
        for i, element in enumerate(target.elements):
            part = Value(held=(value,))
            if value.fresh and len(value.held) == len(target.elements) and not any(
                isinstance(e, cst.StarredElement) for e in target.elements
            ):
                part = value.held[i]
            bind(element.value, part, context)
    elif isinstance(target, (cst.Attribute, cst.Subscript)):
        place, base = path(target, context)
        if place is not None:
            context.add(Store(place, value, context.guarded))
        else:
            context.add(Operate((base, value), Risk.ITEM, context.guarded))
            context.add(Control("store", context.guarded))
    elif isinstance(target, cst.StarredElement):
        bind(target.value, value, context)
    else:
        context.add(Control("target", context.guarded))


def _walrus(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.NamedExpr)
    value = evaluate(node.value, context, deep=deep)
    bind(node.target, value, context)
    return value


def _yield(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Yield)
    if isinstance(node.value, cst.From):
        evaluate(node.value.item, context)
    elif node.value is not None:
        evaluate(node.value, context)
    context.add(Control("yield", context.guarded))
    return OPAQUE


_Lower = Callable[[cst.BaseExpression, Context, bool], Value]
_EXPRESSIONS: dict[type[cst.CSTNode], _Lower] = {
    **dict.fromkeys(_LITERALS, _literal),
    cst.Name: _name, cst.Attribute: _access, cst.Subscript: _access, cst.Call: _call,
    cst.Await: _await, cst.BinaryOperation: _binary, cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison, cst.UnaryOperation: _unary, cst.IfExp: _conditional,
    cst.Tuple: _display, cst.List: _display, cst.Set: _display, cst.Dict: _dict,
    cst.FormattedString: _formatted, cst.TemplatedString: _formatted,
    cst.ConcatenatedString: _concatenated, cst.Lambda: _lambda,
    cst.ListComp: _comprehension, cst.SetComp: _comprehension, cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension, cst.NamedExpr: _walrus, cst.Yield: _yield,
}  # fmt: skip

__all__ = ["GENERATOR", "bind", "dotted", "evaluate", "path"]
