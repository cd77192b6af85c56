"""Expressions with a scope of their own: lambdas, comprehensions, generator expressions."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from ..comprehensions import Comprehension
from ..ir import Control, Invoke, Iterate, Operate, Risk, Target, Turns, Value
from .context import Context
from .evaluation import evaluate, test
from .targets import bind

GENERATOR = "<generator>"
_KINDS: dict[type[cst.CSTNode], str] = {
    cst.ListComp: "builtins.list",
    cst.SetComp: "builtins.set",
    cst.DictComp: "builtins.dict",
    cst.StarredDictComp: "builtins.dict",
}


def lambda_(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.Lambda)
    inner = Context(context.unit, context.unit.scopes.by_node[node], context.events, context.depth)
    for param in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
        if param.default is not None:  # the function keeps it, and its parameter may be it
            default = evaluate(param.default, context, deep=False)
            context.unit.values.setdefault(inner.scope.symbol(param.name.value), []).append(default)
    start = len(context.events)
    with inner.guard():
        value = evaluate(node.body, inner)
    # A `yield` in its body makes the lambda a generator, not the function around it.
    context.events[start:] = [
        event for event in context.events[start:]
        if not (isinstance(event, Control) and event.word == "yield")
    ]  # fmt: skip
    return Value(function="lambda", held=(value,), fresh=True)


def comprehension(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.BaseComp)
    scope = context.unit.scopes.by_node[node]
    inner = Context(context.unit, scope, context.events, context.depth)
    element: list[Value] = []
    keys: list[Value] = []
    begins = [len(context.events)]
    through: list[Value] = []
    guarded = context.guarded

    def clause(comp: cst.CompFor, outer: Context) -> None:
        iterable = evaluate(comp.iter, outer)
        context.add(Iterate(iterable, comp.asynchronous is not None, outer.guarded))
        begins.append(len(context.events))
        through.append(iterable)
        with inner.guard():
            bind(comp.target, Value(held=(iterable,), element=True), inner)
            begins.append(len(context.events))
            for condition in comp.ifs:
                test(condition.test, inner, deep=False)
            begins.append(len(context.events))
            if comp.inner_for_in is not None:
                clause(comp.inner_for_in, inner)
            elif isinstance(node, cst.DictComp):
                key = evaluate(node.key, inner)
                keys.append(key)
                element.extend((key, evaluate(node.value, inner, deep=deep)))
                context.add(Operate((key,), Risk.OPERATOR, guarded=True))  # is hashed
            else:
                hashed = isinstance(node, cst.SetComp)
                if isinstance(node, cst.StarredDictComp):
                    starred, source = True, node.value
                else:
                    assert isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp))
                    starred, source = False, node.elt
                if isinstance(source, cst.StarredElement):
                    starred, source = True, source.value
                element.append(evaluate(source, inner, deep=deep or hashed))
                if starred:  # `[*x for x in y]` (PEP 798)
                    context.add(Iterate(element[-1], guarded=True))
                if hashed:
                    context.add(Operate((element[-1],), Risk.OPERATOR, guarded=True))

    clause(node.for_in, context)
    if any(isinstance(event, Invoke) for event in context.events[begins[0] :]):
        made = _made(node, inner, through, begins, guarded=guarded)
        context.unit.comprehensions.append(made)
    kind = _KINDS.get(type(node), GENERATOR)
    return Value(
        held=tuple(element), fresh=True, type=kind, many=True, keys=tuple(keys) if keys else None
    )


def _made(
    node: cst.BaseComp, context: Context, values: list[Value], begins: list[int], *, guarded: bool
) -> Comprehension:
    """What is lowered of a comprehension whose parts begin at ``begins``.

    What further clauses go through and bind is part of its tests: it decides which elements there
    are.
    """
    span, comp = context.unit.span, node.for_in
    first, through, bound, tested = (*begins[:3], begins[-1])
    clauses = [comp]
    while (inner := clauses[-1].inner_for_in) is not None:
        clauses.append(inner)
    made = [
        turns(one.target, one.iter, value, context, one.asynchronous)
        for one, value in zip(clauses, values, strict=True)
    ]
    whole, last = span(node), span(comp)
    events = context.events
    begin, end = whole.start + 1, last.start
    text = context.unit.source.text[begin:end]
    begin, end = begin + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
    element = replace(whole, start=begin, end=end)  # with parentheses that belong to it
    return Comprehension(
        kind=_KINDS.get(type(node), "builtins.generator").removeprefix("builtins."),
        span=whole,
        turns=made[0],
        more=tuple(made[1:]),
        element=element,
        clause=last,
        conditions=tuple(span(one.test) for clause in clauses for one in clause.ifs),
        setup=tuple(events[first:through]),
        binding=tuple(events[through:bound]),
        tests=tuple(events[bound:tested]),
        making=tuple(events[tested:]),
        guarded=guarded,
    )


def turns(
    target: cst.BaseExpression,
    iterable: cst.BaseExpression,
    value: Value,
    context: Context,
    asynchronous: object,
) -> Turns:
    """What a loop, or a clause of a comprehension, goes through."""
    span = context.unit.span
    names = _names(target, context)
    return Turns(span(target), span(iterable), names, value, asynchronous is not None)


def _names(target: cst.CSTNode, context: Context) -> Target:
    if isinstance(target, cst.Name):
        return context.symbol(target.value)
    if isinstance(target, (cst.Tuple, cst.List)):
        return tuple(_names(element.value, context) if isinstance(element, cst.Element) else ""
                     for element in target.elements)  # fmt: skip
    return ""
