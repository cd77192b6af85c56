"""Comments of a tree: those that speak to pexec, and the lines at whose end one may stand."""

from __future__ import annotations

import re

import libcst as cst
from libcst.metadata import CodeRange

from ..ir import Comment
from ..source import Source
from .context import Unit
from .parsing import parsed, positions

_DIRECTIVE = re.compile(r"#\s*(?:pexec\s*:|noqa\b)", re.IGNORECASE)


def directives(tree: cst.Module, unit: Unit) -> dict[int, Comment]:
    """Comments that speak to pexec, by line. Strings that look like one are not comments."""
    source = unit.source
    if not _DIRECTIVE.search(source.text):
        return {}
    visitor = _Comments()
    tree.visit(visitor)
    table: dict[int, Comment] = {}
    for comment in visitor.found:
        if _DIRECTIVE.search(comment.value):
            span = unit.span(comment)
            before = source.text[source.line_starts[span.line - 1] : span.start]
            table[span.line] = Comment(comment.value, span, not before.strip())
    return table


def closed_lines(source: Source) -> frozenset[int]:
    """Lines at whose end no comment can be added or taken away without changing the program.

    They end inside a string (a comment in a replacement field is part of what ``f"{x = }"`` shows)
    or in a backslash that is not a comment's. Raises SourceError if the text does not parse.
    """
    tree = parsed(source)
    strings, comments = _Strings(), _Comments()
    tree.visit(strings)
    tree.visit(comments)
    where = positions(source)
    places: list[CodeRange] = [where[node] for node in strings.found]
    closed = {line for p in places for line in range(p.start.line, p.end.line)}
    commented = {where[node].start.line for node in comments.found}
    ends = [*source.line_starts[1:], len(source.text)]
    lines = zip(source.line_starts, ends, strict=True)
    for number, (start, end) in enumerate(lines, 1):
        backslash = source.text[start:end].rstrip("\r\n").endswith("\\")
        if backslash and number not in commented:
            closed.add(number)
    return frozenset(closed)


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.Comment] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node)


class _Strings(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.CSTNode] = []

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.found.append(node)

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        self.found.append(node)

    def visit_TemplatedString(self, node: cst.TemplatedString) -> None:
        self.found.append(node)
