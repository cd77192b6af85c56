"""LibCST statements → :class:`Statement`, block by block, and functions at every depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from ..ir import (
    OPAQUE,
    Block,
    ClassInfo,
    Control,
    Define,
    Enter,
    Event,
    Function,
    Invoke,
    Iterate,
    Mutate,
    Operate,
    Risk,
    Shape,
    Span,
    Statement,
    Store,
    Value,
)
from ..names import Scope
from .annotations import annotated_types
from .context import Context, Unit
from .expressions import bind, evaluate, path

_Body = tuple[str, cst.CSTNode]


def block_of(node: cst.CSTNode, unit: Unit, scope: Scope, role: str = "body") -> Block:
    """Lower the statements of a suite (indented, on the header's line, or the module's body)."""
    inline = isinstance(node, cst.SimpleStatementSuite)
    statements: list[Statement] = []
    body: Sequence[cst.CSTNode] = getattr(node, "body", ())
    for child in body:
        if isinstance(child, cst.SimpleStatementLine):
            solo = len(child.body) == 1 and not isinstance(child.body[0].semicolon, cst.Semicolon)
            statements.extend(_simple(small, unit, scope, solo=solo) for small in child.body)
        elif isinstance(child, cst.BaseSmallStatement):
            statements.append(_simple(child, unit, scope, solo=False))
        else:
            statements.append(_compound(child, unit, scope))
    indent = ""
    if statements and not inline:
        first = statements[0].span
        start = unit.source.line_starts[first.line - 1]
        indent = unit.source.text[start : first.start].lstrip("\f")
        inline = bool(indent.strip())
    return Block(tuple(statements), indent, inline, role)


def _lines(unit: Unit, span: Span) -> Span:
    """Whole lines of a statement with the comment lines that stand directly above it."""
    starts = unit.source.line_starts
    text = unit.source.text
    indent = text[starts[span.line - 1] : span.start].lstrip("\f")
    line = span.line
    while line > 1:
        above = text[starts[line - 2] : starts[line - 1]]
        if not above.startswith(indent + "#"):
            break
        line -= 1
    if line == 1 and span.line > 1:
        line = span.line  # the comment that opens a file speaks of the file
    end = starts[span.end_line] if span.end_line < len(starts) else len(text)
    return Span(starts[line - 1], end, line, 1, span.end_line, span.end_column)


def _statement(node: cst.CSTNode, unit: Unit, events: list[Event], kind: str, **more: object
               ) -> Statement:  # fmt: skip
    span = unit.span(node)
    decorators: Sequence[cst.CSTNode] = getattr(node, "decorators", ())
    if decorators:
        first = unit.span(decorators[0])
        span = Span(first.start, span.end, first.line, first.column, span.end_line, span.end_column)
    return Statement(kind, span, _lines(unit, span), tuple(events), **more)  # pyright: ignore[reportArgumentType]


# -- simple statements -------------------------------------------------------------------------


def _simple(node: cst.BaseSmallStatement, unit: Unit, scope: Scope, *, solo: bool) -> Statement:
    context = Context(unit, scope)
    more: dict[str, object] = {"solo": solo}
    lower = _SIMPLE.get(type(node))
    if lower is None:
        context.add(Control(type(node).__name__.lower()))
    else:
        more.update(lower(node, context) or {})
    return _statement(node, unit, context.events, type(node).__name__, **more)


def _awaits_call(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Await) and isinstance(node.expression, cst.Call)


def _expr(node: cst.Expr, context: Context) -> dict[str, object]:
    evaluate(node.value, context)
    return {"shape": Shape.BARE} if _awaits_call(node.value) else {}


def _assign(node: cst.Assign, context: Context) -> dict[str, object]:
    value = evaluate(node.value, context, deep=False)
    for target in node.targets:
        bind(target.target, value, context)
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
    unit = context.unit
    if node.value is None:
        if isinstance(node.target, cst.Name):
            _annotate(node.target.value, node.annotation, context)
        return {}
    value = evaluate(node.value, context, deep=False)
    bind(node.target, value, context)
    if isinstance(node.target, cst.Name):
        _annotate(node.target.value, node.annotation, context)
    if context.scope.kind != "function":
        evaluate(node.annotation.annotation, context)
    if _awaits_call(node.value):
        return {
            "shape": Shape.ASSIGN,
            "target": unit.span(node.target),
            "target_name": _target_name(node.target),
            "annotated": True,
        }
    return {}


def _annotate(name: str, annotation: cst.Annotation, context: Context) -> None:
    types = annotated_types(annotation.annotation, context)
    context.unit.annotations.setdefault(context.symbol(name), []).append(types)


def _aug_assign(node: cst.AugAssign, context: Context) -> dict[str, object]:
    place, base = path(node.target, context)
    if place is not None:
        context.use(place, deep=True, risk=Risk.ITEM if place.steps else Risk.NAME)
    value = evaluate(node.value, context)
    context.add(Operate((base, value), Risk.OPERATOR))
    if place is None:
        context.add(Control("target"))
        return {}
    context.add(Mutate(place))
    result = Value(held=(base, value))
    if place.steps:
        context.add(Store(place, result))
    else:
        context.unit.values.setdefault(place.symbol, []).append(result)
        context.add(Define(place.symbol, result))
    return {}


def _return(node: cst.Return, context: Context) -> dict[str, object]:
    if node.value is not None:
        evaluate(node.value, context)
    context.add(Control("return"))
    return {"shape": Shape.RETURN} if _awaits_call(node.value) else {}


def _raise(node: cst.Raise, context: Context) -> None:
    if node.exc is not None:
        evaluate(node.exc, context)
    if node.cause is not None:
        evaluate(node.cause.item, context)
    context.add(Control("raise"))


def _assert(node: cst.Assert, context: Context) -> None:
    evaluate(node.test, context)
    if node.msg is not None:
        with context.guard():
            evaluate(node.msg, context)
    context.add(Control("assert"))


def _del(node: cst.Del, context: Context) -> None:
    targets = (
        [element.value for element in node.target.elements]
        if isinstance(node.target, (cst.Tuple, cst.List))
        else [node.target]
    )
    for target in targets:
        place, _ = path(target, context)
        if place is not None and not place.steps:
            context.unit.values.setdefault(place.symbol, []).append(OPAQUE)
            context.add(Define(place.symbol, OPAQUE))
        elif place is not None:
            context.add(Mutate(place))
    context.add(Control("del"))


def _import(node: cst.Import | cst.ImportFrom, context: Context) -> None:
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


_SIMPLE: dict[type[cst.CSTNode], Callable[..., dict[str, object] | None]] = {
    cst.Expr: _expr, cst.Assign: _assign, cst.AnnAssign: _ann_assign, cst.AugAssign: _aug_assign,
    cst.Return: _return, cst.Raise: _raise, cst.Assert: _assert, cst.Del: _del,
    cst.Import: _import, cst.ImportFrom: _import, cst.TypeAlias: _type_alias, cst.Pass: _nothing,
}  # fmt: skip  # break, continue, global and nonlocal are control and nothing else


# -- compound statements -----------------------------------------------------------------------


class _Parts:
    """Collects the events and nested blocks of one compound statement, in order."""

    def __init__(self, unit: Unit, scope: Scope) -> None:
        self.context = Context(unit, scope)
        self.blocks: list[Block] = []

    def block(self, node: cst.CSTNode, role: str, *, guarded: bool) -> None:
        block = block_of(node, self.context.unit, self.context.scope, role)
        self.blocks.append(block)
        for statement in block.statements:
            for event in statement.events:
                self.context.add(_guard(event) if guarded else event)


def _guard(event: Event) -> Event:
    from dataclasses import replace

    return event if event.guarded else replace(event, guarded=True)


def _compound(node: cst.CSTNode, unit: Unit, scope: Scope) -> Statement:
    parts = _Parts(unit, scope)
    more = _COMPOUND[type(node)](node, parts) or {}
    return _statement(
        node, unit, parts.context.events, type(node).__name__, blocks=tuple(parts.blocks), **more
    )


def _if(node: cst.If, parts: _Parts) -> None:
    evaluate(node.test, parts.context)
    parts.block(node.body, "body", guarded=True)
    orelse = node.orelse
    if isinstance(orelse, cst.If):
        with parts.context.guard():
            _if(orelse, parts)
    elif orelse is not None:
        parts.block(orelse.body, "orelse", guarded=True)


def _while(node: cst.While, parts: _Parts) -> None:
    with parts.context.guard():
        evaluate(node.test, parts.context)
    parts.block(node.body, "loop", guarded=True)
    if node.orelse is not None:
        parts.block(node.orelse.body, "orelse", guarded=True)


def _for(node: cst.For, parts: _Parts) -> None:
    iterable = evaluate(node.iter, parts.context)
    parts.context.add(Iterate(iterable, node.asynchronous is not None))
    with parts.context.guard():
        bind(node.target, Value(held=(iterable,)), parts.context)
    parts.block(node.body, "loop", guarded=True)
    if node.orelse is not None:
        parts.block(node.orelse.body, "orelse", guarded=True)


def _try(node: cst.Try | cst.TryStar, parts: _Parts) -> dict[str, object]:
    parts.block(node.body, "try", guarded=False)
    for handler in node.handlers:
        with parts.context.guard():
            if handler.type is not None:
                evaluate(handler.type, parts.context)
            if handler.name is not None:
                bind(handler.name.name, OPAQUE, parts.context)
        parts.block(handler.body, "handler", guarded=True)
    if node.orelse is not None:
        parts.block(node.orelse.body, "orelse", guarded=True)
    if node.finalbody is not None:
        parts.block(node.finalbody.body, "finalbody", guarded=False)
    return {"handlers": bool(node.handlers), "final": node.finalbody is not None}


def _with(node: cst.With, parts: _Parts) -> dict[str, object]:
    context = parts.context
    asynchronous = node.asynchronous is not None
    managers: list[Enter] = []
    for item in node.items:
        value = evaluate(item.item, context, deep=False)
        enter = Enter(value, asynchronous, context.guarded)
        managers.append(enter)
        context.add(enter)
        if item.asname is not None:
            bind(item.asname.name, Value(held=(value,), type="<enter>"), context)
    parts.block(node.body, "with", guarded=False)
    return {"managers": tuple(managers)}


def _match(node: cst.Match, parts: _Parts) -> None:
    context = parts.context
    subject = evaluate(node.subject, context)
    context.add(Operate((subject,), Risk.OPERATOR))
    for case in node.cases:
        with context.guard():
            _pattern(case.pattern, subject, context)
            if case.guard is not None:
                evaluate(case.guard, context)
        parts.block(case.body, "case", guarded=True)


def _pattern(pattern: cst.CSTNode, subject: Value, context: Context) -> None:
    from ..names import children

    part = Value(held=(subject,))
    if isinstance(pattern, (cst.MatchAs, cst.MatchStar)) and pattern.name is not None:
        bind(pattern.name, part, context)
    if isinstance(pattern, cst.MatchMapping) and pattern.rest is not None:
        bind(pattern.rest, part, context)
    if isinstance(pattern, cst.MatchValue):
        evaluate(pattern.value, context)
        return
    if isinstance(pattern, cst.MatchClass):
        evaluate(pattern.cls, context)
    for child in children(pattern):
        if isinstance(child, cst.MatchPattern) or not isinstance(child, cst.BaseExpression):
            _pattern(child, subject, context)


def _function_def(node: cst.FunctionDef, parts: _Parts) -> None:
    context = parts.context
    unit = context.unit
    decorators = tuple(evaluate(d.decorator, context) for d in node.decorators)
    scope = unit.scopes.by_node[node]
    params = node.params
    everything = (*params.posonly_params, *params.params, *params.kwonly_params)
    for param in everything:
        if param.default is not None:
            evaluate(param.default, context)
    if decorators:
        context.add(Control("decorator"))
    inner = Context(unit, scope)
    for param in everything:
        if param.annotation is not None:
            _annotate(param.name.value, param.annotation, inner)
    in_class = context.scope.kind == "class"
    positional = [p.name.value for p in (*params.posonly_params, *params.params)]
    static = any(d.place is not None and d.place.symbol == "builtins:staticmethod"
                 for d in decorators)  # fmt: skip
    unit.signatures[scope.qualname] = tuple(positional[1:] if in_class and not static
                                            else positional)  # fmt: skip
    block = block_of(node.body, unit, scope)
    events = [event for statement in block.statements for event in statement.events]
    unit.functions.append(
        Function(
            name=node.name.value,
            qualname=scope.qualname,
            symbol=context.symbol(node.name.value),
            block=block,
            span=unit.span(node),
            scope=scope.qualname,
            is_async=node.asynchronous is not None,
            is_generator=any(isinstance(e, Control) and e.word == "yield" for e in events),
            parameters=tuple(scope.symbol(name) for name in sorted(scope.parameters)),
            decorators=decorators,
            class_scope=context.scope.qualname if in_class else "",
        )
    )
    symbol = context.symbol(node.name.value)
    value = Value(function=scope.qualname)
    unit.values.setdefault(symbol, []).append(value)
    context.add(Define(symbol, value))


_DESCRIPTORS = frozenset({"__getattr__", "__getattribute__", "__setattr__", "__get__", "__set__"})


def _class_def(node: cst.ClassDef, parts: _Parts) -> None:
    context = parts.context
    unit = context.unit
    decorators = tuple(evaluate(d.decorator, context) for d in node.decorators)
    bases = tuple(evaluate(arg.value, context) for arg in node.bases)
    for keyword in node.keywords:
        evaluate(keyword.value, context)
    scope = unit.scopes.by_node[node]
    inner = _Parts(unit, scope)
    inner.block(node.body, "class", guarded=False)
    context.events.extend(inner.context.events)
    parts.blocks.extend(inner.blocks)
    computed: set[str] = set()
    for function in unit.functions:
        if function.class_scope == scope.qualname and (
            function.decorators or function.name in _DESCRIPTORS
        ):
            computed.add(function.name)
    unit.classes[scope.qualname] = ClassInfo(
        scope.qualname, bases, frozenset(computed), frozenset(scope.functions), decorators
    )
    symbol = context.symbol(node.name.value)
    context.add(Define(symbol, OPAQUE))
    context.add(Control("class"))


_COMPOUND: dict[type[cst.CSTNode], Callable[..., dict[str, object] | None]] = {
    cst.If: _if, cst.While: _while, cst.For: _for, cst.Try: _try, cst.TryStar: _try,
    cst.With: _with, cst.Match: _match, cst.FunctionDef: _function_def, cst.ClassDef: _class_def,
}  # fmt: skip

__all__ = ["Invoke", "block_of"]
