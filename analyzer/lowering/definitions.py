"""``def`` and ``class`` → events, and the functions and classes they add (reference, 8.7, 8.8)."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from ..ir import OPAQUE, ClassInfo, Control, Define, Function, Iterate, Value
from ..names import Scope
from .annotations import annotate
from .context import Context
from .expressions import evaluate
from .parts import Parts


def function_def(node: cst.FunctionDef, parts: Parts) -> None:
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
            annotate(param.name.value, param.annotation, inner)
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


def class_def(node: cst.ClassDef, parts: Parts) -> None:
    context = parts.context
    unit = context.unit
    decorators = tuple(evaluate(d.decorator, context) for d in node.decorators)
    bases = tuple(evaluate(arg.value, context) for arg in node.bases)
    for keyword in node.keywords:
        evaluate(keyword.value, context)
    scope = unit.scopes.by_node[node]
    inner = Parts(unit, scope)
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
