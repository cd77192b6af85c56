"""Source text → an outline of canonical statements, for comparing two texts of one program.

A canonical form is a nested tuple ``(node type, field, …)`` without whitespace, comments,
parentheses and punctuation; string literals are kept exactly. Two statements with the same form
are the same program text up to layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import libcst as cst

from ..source import Source, SourceError
from .cells import segments
from .parsing import parsed

Canon = tuple[object, ...]
_SKIPPED = ("whitespace", "lpar", "rpar", "comma", "semicolon", "header", "footer",
            "leading_lines", "lines_after", "lbracket", "rbracket", "colon", "trailing", "indent",
            "encoding", "default_", "has_trailing", "separator", "lbrace", "rbrace")  # fmt: skip
_CLAUSES = (cst.If, cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler,
            cst.MatchCase)  # fmt: skip
_BODIES = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})


@dataclass(frozen=True, slots=True)
class Item:
    """One statement: its form without nested blocks, and those blocks in order."""

    canon: Canon
    blocks: tuple[tuple[Item, ...], ...]


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if not f.name.startswith(_SKIPPED))


def canonical(node: Any) -> object:
    """The canonical form of a node, a list of nodes, or a field's plain value."""
    if isinstance(node, cst.CSTNode):
        if isinstance(node, (cst.BaseParenthesizableWhitespace, cst.Comma, cst.Dot)):
            return None
        return (
            type(node).__name__,
            *(canonical(getattr(node, name)) for name in _fields(type(node))),
        )
    if isinstance(node, (list, tuple)):
        return ("[]", *(canonical(item) for item in node))  # pyright: ignore[reportUnknownVariableType]
    if isinstance(node, cst.MaybeSentinel):
        return None
    return node


def outline(source: Source) -> tuple[Item, ...]:
    """The statements of a text, in order; of a notebook, the shape that it is lowered to.

    Raises SourceError if it does not parse.
    """
    body = parsed(source).body
    if source.notebook is None:
        return _items(body)
    cells = [Item(("If", "…"), (_items(s.nodes),)) for s in segments(source, body)]
    return (Item(("While", "…"), (tuple(cells),)),)


def expression_form(text: str) -> object:
    """The canonical form of one expression. Raises SourceError if it does not parse."""
    try:
        return canonical(cst.parse_expression(f"({text}\n)"))
    except (cst.ParserSyntaxError, RecursionError):
        raise SourceError("cannot parse the expression") from None


def _items(body: Sequence[cst.CSTNode]) -> tuple[Item, ...]:
    found: list[Item] = []
    for node in body:
        if isinstance(node, cst.SimpleStatementLine):
            found.extend(Item(_form(small), ()) for small in node.body)
        elif isinstance(node, cst.BaseSmallStatement):
            found.append(Item(_form(node), ()))
        else:
            found.append(_compound(node))
    return tuple(found)


def _form(node: cst.CSTNode) -> Canon:
    form = canonical(node)
    assert isinstance(form, tuple)
    return form  # pyright: ignore[reportUnknownVariableType]


def _compound(node: cst.CSTNode) -> Item:
    """The header's form, with the nested suites taken out in order."""
    blocks: list[tuple[Item, ...]] = []

    def form(part: Any, name: str) -> object:
        if isinstance(part, (cst.IndentedBlock, cst.SimpleStatementSuite)):
            blocks.append(_items(part.body))
            return "…"
        if part is node or isinstance(part, _CLAUSES):
            kind: type[cst.CSTNode] = type(part)  # pyright: ignore[reportUnknownVariableType]
            return (
                kind.__name__,
                *(form(getattr(part, field), field) for field in _fields(kind)),
            )
        if isinstance(part, (list, tuple)) and name in _BODIES:
            return ("[]", *(form(item, name) for item in part))  # pyright: ignore[reportUnknownVariableType]
        return canonical(part)

    canon = form(node, "")
    assert isinstance(canon, tuple)
    return Item(canon, tuple(blocks))  # pyright: ignore[reportUnknownArgumentType]
