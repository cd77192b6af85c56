"""Compound statements other than definitions → events and nested blocks (reference, chapter 8)."""

from __future__ import annotations

import libcst as cst

from ..ir import (
    AENTER,
    CAUGHT,
    ENTER,
    OPAQUE,
    UNTYPED,
    Control,
    Define,
    Enter,
    Iterate,
    Operate,
    Risk,
    Value,
)
from ..names import children
from .context import Context
from .evaluation import test
from .expressions import bind, evaluate
from .parts import Parts
from .scoped import turns


def if_(node: cst.If, parts: Parts, word: str = "if") -> None:
    start = len(parts.context.events)
    test(node.test, parts.context, deep=False)
    parts.header(word, node, node.test, start)
    parts.block(node.body, "body", guarded=True)
    orelse = node.orelse
    if isinstance(orelse, cst.If):
        with parts.context.guard():
            if_(orelse, parts, "elif")
    elif orelse is not None:
        parts.block(orelse.body, "orelse", guarded=True)


def while_(node: cst.While, parts: Parts) -> None:
    with parts.context.guard():
        test(node.test, parts.context, deep=False)
    parts.header("while", node, node.test, 0)
    parts.block(node.body, "loop", guarded=True)
    if node.orelse is not None:
        parts.block(node.orelse.body, "orelse", guarded=True)


def for_(node: cst.For, parts: Parts) -> dict[str, object]:
    iterable = evaluate(node.iter, parts.context)
    parts.header("for", node, node.iter, 0)
    parts.context.add(Iterate(iterable, node.asynchronous is not None))
    start = len(parts.context.events)
    with parts.context.guard():
        bind(node.target, Value(held=(iterable,), element=True), parts.context)
    parts.block(node.body, "loop", guarded=True, bound=parts.context.events[start:])
    if node.orelse is not None:
        parts.block(node.orelse.body, "orelse", guarded=True)
    return {"turns": turns(node.target, node.iter, iterable, parts.context, node.asynchronous)}


def try_(node: cst.Try | cst.TryStar, parts: Parts) -> dict[str, object]:
    parts.block(node.body, "try", guarded=False)
    for handler in node.handlers:
        with parts.context.guard():
            if handler.type is not None:
                evaluate(handler.type, parts.context)
            if handler.name is not None:
                bind(handler.name.name, Value(anything=True, type=CAUGHT), parts.context)
        parts.block(handler.body, "handler", guarded=True)
        if handler.name is not None and isinstance(handler.name.name, cst.Name):
            # The name is deleted at the end of the clause (reference, 8.4.1).
            symbol = parts.context.symbol(handler.name.name.value)
            parts.context.unit.unbound.add(symbol)
            parts.context.add(Define(symbol, OPAQUE, guarded=True))
    if node.orelse is not None:
        parts.block(node.orelse.body, "orelse", guarded=True)
    if node.finalbody is not None:
        parts.block(node.finalbody.body, "finalbody", guarded=False)
    return {"handlers": bool(node.handlers), "final": node.finalbody is not None}


def with_(node: cst.With, parts: Parts) -> dict[str, object]:
    context = parts.context
    asynchronous = node.asynchronous is not None
    managers: list[Enter] = []
    for item in node.items:
        value = evaluate(item.item, context, deep=False)
        enter = Enter(value, asynchronous, context.guarded)
        managers.append(enter)
        context.add(enter)
        if item.asname is not None:
            bind(
                item.asname.name,
                Value(held=(value,), type=AENTER if asynchronous else ENTER),
                context,
            )
    parts.header("with", node, node.items[0].item, 0)
    parts.block(node.body, "with", guarded=False)
    return {"managers": tuple(managers)}


def match_(node: cst.Match, parts: Parts) -> None:
    context = parts.context
    subject = evaluate(node.subject, context)
    parts.header("match", node, node.subject, 0)
    context.add(Operate((subject,), Risk.OPERATOR))
    for case in node.cases:
        start = len(context.events)
        with context.guard():
            _pattern(case.pattern, subject, context)
            bound = context.events[start:]
            if case.guard is not None:
                test(case.guard, context, deep=False)
        fits = isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None
        parts.block(case.body, "case", guarded=True, bound=bound,
                    always=fits and case.guard is None)  # fmt: skip


def _pattern(pattern: cst.CSTNode, subject: Value, context: Context) -> None:
    """What a pattern reads, and the names it captures (after all it holds has matched)."""
    if isinstance(pattern, cst.MatchValue):
        evaluate(pattern.value, context)
        return
    if isinstance(pattern, cst.MatchClass):
        evaluate(pattern.cls, context)
        context.add(Control("pattern", guarded=True))  # `__match_args__`, `__instancecheck__`
    if isinstance(pattern, cst.MatchMapping):
        for element in pattern.elements:  # all keys, then their patterns
            evaluate(element.key, context)
    sequence = isinstance(pattern, (cst.MatchList, cst.MatchTuple))
    part = Value(held=(subject,), element=True, type="" if sequence else UNTYPED)
    within = (cst.MatchList, cst.MatchTuple, cst.MatchMapping, cst.MatchClass)
    for child in children(pattern):
        if isinstance(child, cst.MatchPattern) or not isinstance(child, cst.BaseExpression):
            _pattern(child, part if isinstance(pattern, within) else subject, context)
    if isinstance(pattern, cst.MatchAs) and pattern.name is not None:
        bind(pattern.name, subject, context)
    elif isinstance(pattern, cst.MatchStar) and pattern.name is not None:
        bind(pattern.name, Value(held=(subject,), fresh=True, type="builtins.list"), context)
    elif isinstance(pattern, cst.MatchMapping) and pattern.rest is not None:
        bind(pattern.rest, Value(held=(part,), fresh=True, type="builtins.dict"), context)
