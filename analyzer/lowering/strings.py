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


def concatenated(node: cst.BaseExpression, context: Context, deep: bool) -> Value:
    assert isinstance(node, cst.ConcatenatedString)
    _remember(node, context)
    parts = (evaluate(node.left, context), evaluate(node.right, context))
    return Value(parts=parts, immutable=True, type="builtins.str")
