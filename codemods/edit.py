"""Lays out what is emitted: indents lines, wraps calls; untouched text stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from ..analyzer.edits import Edit, apply
from ..analyzer.ir import Call, Module, Span
from ..analyzer.source import Source


@dataclass(frozen=True, slots=True)
class Style:
    """How emitted lines look: the file's indentation unit, line end and width."""

    unit: str
    newline: str
    width: int


class Writer:
    """Reads pieces of one source and lays out what is emitted for it."""

    def __init__(self, source: Source, module: Module, width: int) -> None:
        self.source = source
        self.module = module
        self.style = Style(module.indent, source.newline, width)
        self.mixed = len(set(re.findall(r"\r\n|\n|\r", source.text))) > 1
        self.starts = (*source.line_starts, len(source.text))
        self._fixed = {
            line for first, last in module.strings for line in range(first + 1, last + 1)
        }

    def text(self, span: Span) -> str:
        return self.source.text[span.start : span.end]

    def lines(self, first: int, last: int) -> list[tuple[int, str]]:
        """Numbered lines ``first`` to ``last`` (from 1) without their line ends."""
        starts = self.starts
        return [
            (n, self.source.text[starts[n - 1] : starts[n]].rstrip("\r\n"))
            for n in range(first, last + 1)
        ]

    def indented(self, first: int, last: int, edits: Sequence[Edit]) -> list[str]:
        """Lines ``first`` to ``last``, one level deeper, with ``edits`` applied inside them.

        Lines that begin inside a string keep their indentation, which is part of the string.
        """
        starts = self.starts
        begin, end = starts[first - 1], starts[last]
        marks = [
            Edit(
                starts[n - 1] + self._feed(line), starts[n - 1] + self._feed(line), self.style.unit
            )
            for n, line in self.lines(first, last)
            if line.strip() and n not in self._fixed and not _covered(starts[n - 1], edits)
        ]
        part = self.source.text[begin:end]
        moved = [Edit(e.start - begin, e.end - begin, e.text) for e in (*edits, *marks)]
        return _split(apply(part, moved))

    def edited(self, first: int, last: int, edits: Sequence[Edit]) -> list[str]:
        """Lines ``first`` to ``last`` with ``edits`` applied inside them."""
        starts = self.starts
        begin, end = starts[first - 1], starts[last]
        moved = [Edit(e.start - begin, e.end - begin, e.text) for e in edits]
        return _split(apply(self.source.text[begin:end], moved))

    def reindented(self, first: int, last: int, old: str, new: str) -> list[str]:
        """Lines ``first`` to ``last`` of a block indented by ``old``, in one indented by ``new``.

        Lines that begin inside a string keep their indentation, which is part of the string.
        """
        found: list[str] = []
        for number, line in self.lines(first, last):
            if number not in self._fixed and line.strip():
                line = new + (line[len(old) :] if line.startswith(old) else line.lstrip())
            found.append(line)
        return found

    def deeper(self, span: Span, indent: str, edits: Sequence[Edit]) -> list[Edit]:
        """What indents the lines of a value after its first one, where no edit replaces them.

        They keep their distance from the line on which it begins; see ``reindented``.
        """
        ((_, first),) = self.lines(span.line, span.line)
        base = first[: len(first) - len(first.lstrip())]
        found: list[Edit] = []
        for number, line in self.lines(span.line + 1, span.end_line):
            start = self.starts[number - 1]
            if number not in self._fixed and line.strip() and not _covered(start, edits):
                own = len(base) if line.startswith(base) else len(line) - len(line.lstrip())
                found.append(Edit(start, start + own, indent))
        return found

    @staticmethod
    def _feed(line: str) -> int:
        return line.rindex("\f") + 1 if "\f" in line[: len(line) - len(line.lstrip())] else 0

    def call_lines(self, call: Call, indent: str, text: str | None = None) -> list[str]:
        """The call's text as lines at ``indent``; its other lines keep their place beside it."""
        start = self.starts[call.span.line - 1]
        own = self.source.text[start : call.span.start]
        base = own[: len(own) - len(own.lstrip())] if own.strip() else own
        if text is not None:
            first, *rest = _split(text)
            return [indent + first, *rest]  # what is left of several lines is inside a string
        text = self.text(call.span)
        first, *rest = _split(text)
        lines = [indent + first]
        number = call.span.line
        for line in rest:
            number += 1
            if number in self._fixed or not line.strip():
                lines.append(line)
            elif line.startswith(base):
                lines.append(indent + line[len(base) :])
            else:
                lines.append(indent + line.lstrip())
        return lines

    def arguments(self, call: Call) -> list[str]:
        """The texts of the arguments, keywords included."""
        spans = [a.span for a in call.arguments if a.span is not None]
        return [self.text(span).rstrip(", \t\r\n") for span in spans]

    def shifted(self, span: Span, indent: str, end: str) -> list[str]:
        """An argument as lines at ``indent``, ``end`` behind it; its lines keep their distance.

        Lines that begin inside a string stay as they are.
        """
        first, *rest = _split(self.text(span).rstrip(", \t\r\n") + end)
        start = self.starts[span.line - 1]
        own = self.source.text[start : span.start]
        base = own[: len(own) - len(own.lstrip())] if own.strip() else own
        lines = [indent + first]
        for number, line in enumerate(rest, span.line + 1):
            if number not in self._fixed and line.startswith(base):
                line = indent + line[len(base) :]
            lines.append(line)
        return lines

    def exploded(self, callee: str, arguments: Sequence[str], indent: str) -> list[str]:
        """A call with one argument a line and a trailing comma."""
        inner = indent + self.style.unit
        return [f"{indent}{callee}(", *(f"{inner}{a}," for a in arguments), f"{indent})"]

    def for_block(self, indent: str) -> Writer:
        """This writer with the indentation unit of a block: tabs within tabs, else the file's."""
        unit = "\t" if "\t" in indent else self.style.unit
        if "\t" in unit and indent and "\t" not in indent:
            unit = "    "
        if unit == self.style.unit:
            return self
        other = copy(self)
        other.style = Style(unit, self.style.newline, self.style.width)
        return other

    def fits(self, line: str) -> bool:
        return len(line.expandtabs(4)) <= self.style.width


def _covered(offset: int, edits: Sequence[Edit]) -> bool:
    return any(e.start < offset < e.end or (e.start == offset < e.end and not e.text)
               for e in edits)  # fmt: skip


def _split(text: str) -> list[str]:
    """Lines by Python's line ends only (`str.splitlines` knows more of them)."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
