"""What the cells of a notebook mean together: any of them may be run next, and run again.

A notebook is lowered as if it read ::

    while …:
        if …: <cell 1>
        if …: <cell 2>

so that every analysis sees by its own rules what that means: a name that another cell binds may be
unbound here, a name that two cells bind may be what either binds, no batch crosses the edge of a
cell. The value of an expression that ends a cell is shown, so that statement stays a statement of
its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from ..ir import Block, Part, Span, Statement
from ..names import Scope
from ..source import Source, SourceError
from .context import Unit
from .parts import Parts

LowerBlock = Callable[[cst.CSTNode, Unit, Scope, str], Block]


@dataclass(frozen=True, slots=True)
class Segment:
    """Statements of one cell that are run one after the other; ``shown``: its last expression."""

    nodes: tuple[cst.CSTNode, ...]
    shown: bool = False


def segments(source: Source, body: Sequence[cst.CSTNode]) -> Iterator[Segment]:
    """The cells of a notebook's tree, in order, without empty ones. Raises SourceError."""
    notebook = source.notebook
    nodes: list[cst.CSTNode] = []
    number = 0
    for node in body:
        if notebook is None or not _marks(node, f"{notebook.marker}{number}"):
            nodes.append(node)
            continue
        number += 1
        last = nodes.pop() if nodes and _is_expression(nodes[-1]) else None
        if nodes:
            yield Segment(tuple(nodes))
        if last is not None:
            yield Segment((last,), shown=True)
        nodes = []
    if nodes or (notebook is not None and number != len(notebook.cells)):
        raise SourceError("the cells of the notebook are not what they were")


def program(tree: cst.Module, unit: Unit, scope: Scope, lower: LowerBlock) -> Block:
    """The block of a notebook's module."""
    source = unit.source
    fixed = source.notebook.fixed if source.notebook is not None else ""
    whole = Span(0, len(source.text), 1, 1, len(source.line_starts), 1)
    found: list[Statement] = []
    for segment in segments(source, tree.body):
        part: Part = "shown" if segment.shown else "fixed" if fixed else "cell"
        nodes = cst.IndentedBlock(body=segment.nodes)  # pyright: ignore[reportArgumentType]
        found.append(_around(nodes, unit, scope, lower, "body", part))
    everything = [event for statement in found for event in statement.events]
    loop = Statement("While", whole, whole, tuple(everything),
                     blocks=(Block(tuple(found), role="loop", part="frame"),))  # fmt: skip
    return Block((loop,), part="frame")


def _around(
    nodes: cst.CSTNode, unit: Unit, scope: Scope, lower: LowerBlock, role: str, part: Part
) -> Statement:
    parts = Parts(unit, scope, lower)
    parts.block(nodes, role, guarded=True)
    block = replace(parts.blocks[0], part=part)
    first, last = block.statements[0], block.statements[-1]
    span = Span(first.span.start, last.span.end, first.span.line, first.span.column,
                last.span.end_line, last.span.end_column)  # fmt: skip
    lines = replace(span, start=first.lines.start, line=first.lines.line, column=1,
                    end=last.lines.end)  # fmt: skip
    return Statement("If", span, lines, tuple(parts.context.events), blocks=(block,))


def _marks(node: cst.CSTNode, mark: str) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and any(
        isinstance(small, cst.Expr)
        and isinstance(small.value, cst.Name)
        and small.value.value == mark
        for small in node.body
    )


def _is_expression(node: cst.CSTNode) -> bool:
    """Does a line of simple statements end in an expression, whose value IPython shows?"""
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[-1], cst.Expr)
