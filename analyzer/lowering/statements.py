"""LibCST statements → :class:`Statement`, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from ..ir import Block, Control, Event, Span, Statement
from ..names import Scope
from ..notebooks import CELL_OPTIONS
from .compound import for_, if_, match_, try_, while_, with_
from .context import Context, Unit
from .definitions import class_def, function_def
from .parts import Parts
from .simple import SIMPLE, More


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
        if unit.source.notebook is not None and CELL_OPTIONS.match(above):
            break  # it speaks of the cell
        line -= 1
    if line == 1 and span.line > 1:
        line = span.line  # the comment that opens a file speaks of the file
    end = starts[span.end_line] if span.end_line < len(starts) else len(text)
    return Span(starts[line - 1], end, line, 1, span.end_line, span.end_column)


def _statement(
    node: cst.CSTNode, unit: Unit, events: list[Event], kind: str, **more: object
) -> Statement:
    span = unit.span(node)
    decorators: Sequence[cst.CSTNode] = getattr(node, "decorators", ())
    if decorators:
        first = unit.span(decorators[0])
        span = Span(first.start, span.end, first.line, first.column, span.end_line, span.end_column)
    return Statement(kind, span, _lines(unit, span), tuple(events), **more)  # pyright: ignore[reportArgumentType]


def _simple(node: cst.BaseSmallStatement, unit: Unit, scope: Scope, *, solo: bool) -> Statement:
    context = Context(unit, scope)
    more: dict[str, object] = {"solo": solo}
    lower = SIMPLE.get(type(node))
    if lower is None:
        context.add(Control(type(node).__name__.lower()))
    else:
        more.update(lower(node, context) or {})
    return _statement(node, unit, context.events, type(node).__name__, **more)


def _compound(node: cst.CSTNode, unit: Unit, scope: Scope) -> Statement:
    parts = Parts(unit, scope, block_of)
    more = _COMPOUND[type(node)](node, parts) or {}
    return _statement(
        node, unit, parts.context.events, type(node).__name__, blocks=tuple(parts.blocks),
        headers=tuple(parts.headers), **more,
    )  # fmt: skip


_COMPOUND: dict[type[cst.CSTNode], Callable[[Any, Parts], More]] = {
    cst.If: if_, cst.While: while_, cst.For: for_, cst.Try: try_, cst.TryStar: try_,
    cst.With: with_, cst.Match: match_, cst.FunctionDef: function_def, cst.ClassDef: class_def,
}  # fmt: skip
