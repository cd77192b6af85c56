"""The header of a compound statement as a block of its own (reference, chapter 8)."""

from __future__ import annotations

import re

import libcst as cst

from ..headers import Header
from ..ir import Block, Event, Span, Statement
from .context import Unit

#: Why nothing in a header is started early, by its keyword.
_HELD = {
    "elif": "an `elif` is looked at only where what stands above it is false",
    "while": "the header of a `while` is evaluated before each turn",
    "with": "the header of a `with` enters what it gives",
}
_CLOSED = re.compile(r"(?:\s*\))*")


def header(
    word: str, node: cst.CSTNode, value: cst.CSTNode, events: list[Event], unit: Unit
) -> Header | None:
    """The header of ``node``, whose expression is ``value``; None if it awaits fewer than two.

    ``events``: those of evaluating it.
    """
    if sum(getattr(getattr(e, "call", None), "awaited", False) for e in events) < 2:
        return None
    first = first_evaluated(value) if word == "if" else value
    span, whole = unit.span(value), unit.span(node)
    starts, text = unit.source.line_starts, unit.source.text
    closed = _CLOSED.match(text, span.end)
    assert closed is not None
    end_line = span.end_line
    while end_line < len(starts) and starts[end_line] < closed.end():
        end_line += 1
    end = starts[end_line] if end_line < len(starts) else len(text)
    lines = Span(starts[whole.line - 1], end, whole.line, 1, end_line, 1)
    indent = text[starts[whole.line - 1] : whole.start].lstrip("\f")
    block = Block((Statement("Header", span, lines, tuple(events)),), indent, role="header")
    held = _HELD.get(word, "")
    if not held and _comprehension_awaits(value):
        held = "a comprehension in it awaits"
    unnamed = _unnamed(first) if word in ("if", "match") else ""
    if not unnamed and _finds(first, cst.NamedExpr):
        unnamed = "it binds a name"
    return Header(block, word, unit.span(first), unnamed, held)


def first_evaluated(test: cst.CSTNode) -> cst.CSTNode:
    """What a condition evaluates first, whole, and then tests once: all else is behind a guard."""
    while True:
        if isinstance(test, cst.BooleanOperation):
            test = test.left
        elif isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            test = test.expression
        elif isinstance(test, cst.IfExp):
            test = test.test
        else:
            return test


def _unnamed(value: cst.CSTNode) -> str:
    """Why the value of a condition, or what a `match` looks at, must stay in it.

    Under a name a chained comparison is tested twice where its first part is false, and a type
    checker no longer learns from the header what it says about a name in it.
    """
    asked: list[cst.CSTNode] = []
    if isinstance(value, cst.Comparison):
        if len(value.comparisons) > 1:
            return "a chained comparison tests more than once"
        asked = [value.left, value.comparisons[0].comparator]
    elif isinstance(value, cst.Call):
        asked = [value]
    elif isinstance(value, cst.Tuple):
        asked = [element.value for element in value.elements]
    for one in asked:
        if isinstance(one, cst.Call) and one.args:
            one = one.args[0].value
        while isinstance(one, (cst.Attribute, cst.Subscript)):
            one = one.value
        if isinstance(one, cst.Name):
            return f"it may tell type checkers what `{one.value}` is"
    return ""


def _finds(node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> bool:
    """Is a node of one of these kinds in an expression?"""
    return isinstance(node, kinds) or any(_finds(child, *kinds) for child in node.children)


def _comprehension_awaits(node: cst.CSTNode) -> bool:
    """Does a comprehension in an expression await?"""
    if isinstance(node, cst.BaseComp):
        return _finds(node, cst.Await)
    return any(map(_comprehension_awaits, node.children))
