"""Literals and strings of every kind: plain, formatted (PEP 498, 701), template (PEP 750)."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from ..ir import OPAQUE, Operate, Risk, Value
from .context import Context
from .evaluation import evaluate

LITERALS = (cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary)


def literal(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    _remember(node, context)
    assert isinstance(node, LITERALS)
    try:
        value: object = ast.literal_eval(node.value)
    except (ValueError, SyntaxError):  # a spelling that only a newer Python reads
        return Value(immutable=True)
    return Value(
        literal=value, is_literal=True, immutable=True, type=f"builtins.{type(value).__name__}"
    )


def _remember(node: cst.CSTNode, context: Context) -> None:
    """Lines that start inside a string must not be indented anew."""
    where = context.unit.positions[node]
    if where.end.line > where.start.line:
        context.unit.strings.append((where.start.line, where.end.line))


def formatted(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, (cst.FormattedString, cst.TemplatedString))
    _remember(node, context)
    if isinstance(node, cst.TemplatedString):  # a new object that holds the values (PEP 750)
        return Value(held=tuple(_template_parts(node.parts, context, deep)), fresh=True)
    parts = _string_parts(node.parts, context)
    return Value(parts=tuple(parts), immutable=True, type="builtins.str")


def _template_parts(
    nodes: Sequence[cst.BaseTemplatedStringContent], context: Context, deep: bool
) -> list[Value]:
    held: list[Value] = []
    for part in nodes:
        if isinstance(part, cst.TemplatedStringExpression):
            converted = part.conversion is not None
            with context.guard():  # its source text is part of the value: it must stay as it is
                value = evaluate(part.expression, context, deep=deep or converted)
            if converted:
                context.add(Operate((value,), Risk.FORMAT, context.guarded))
            if part.format_spec is not None:
                # The specification is text that is formatted at once, as in an f-string.
                for inner in part.format_spec:
                    if isinstance(inner, cst.TemplatedStringExpression):
                        spec = evaluate(inner.expression, context)
                        context.add(Operate((spec,), Risk.FORMAT, context.guarded))
            held.append(value)
    return held


def _string_parts(nodes: Sequence[cst.BaseFormattedStringContent], context: Context) -> list[Value]:
    """Each value is evaluated, converted, its specification formatted, and then it itself."""
    parts: list[Value] = []
    for part in nodes:
        if isinstance(part, cst.FormattedStringText):
            parts.append(Value(literal=_unescape(part.value), is_literal=True))
        elif isinstance(part, cst.FormattedStringExpression):
            if part.equal is None:
                value = evaluate(part.expression, context)
            else:
                with context.guard():  # `{x=}` prints its source text, which must stay as it is
                    value = evaluate(part.expression, context)
            if part.format_spec is not None:
                if part.conversion is not None:
                    context.add(Operate((value,), Risk.FORMAT, context.guarded))
                _string_parts(part.format_spec, context)
            # A specification suits some types only: `f"{text:.2f}"` raises ValueError.
            risk = Risk.FORMAT if part.format_spec is None else Risk.ITEM
            context.add(Operate((value,), risk, context.guarded))
            plain = part.format_spec is None and part.conversion is None and part.equal is None
            parts.append(value if plain else OPAQUE)
    return parts


def _unescape(text: str) -> object:
    # With an escape the exact characters depend on the prefix: a non-string literal is "unknown".
    return None if "\\" in text else text.replace("{{", "{").replace("}}", "}")


def concatenated(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.ConcatenatedString)
    _remember(node, context)
    pieces: list[cst.BaseExpression] = []
    rest: cst.BaseExpression = node
    while isinstance(rest, cst.ConcatenatedString):  # a long table of text is one long chain
        pieces.append(rest.left)
        rest = rest.right
    parts = tuple(evaluate(piece, context) for piece in (*pieces, rest))
    kinds = {part.type for part in parts}
    if kinds == {""}:  # template strings: one new object that holds the values of both
        return Value(held=parts, fresh=True)
    return Value(parts=parts, immutable=True, type=kinds.pop() if len(kinds) == 1 else "")
