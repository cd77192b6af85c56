"""Ranges of a text, and how their lines are printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of the text; offsets in characters, lines and columns counted from 1.

    ``cell``: of a result, the cell of a notebook in which the lines are counted.
    """

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    cell: int = 0

    @property
    def place(self) -> str:
        """Line and column as they are printed behind the name of the file."""
        return f"{line_text(self.cell, self.line)}:{self.column}"


def line_text(cell: int, line: int) -> str:
    """A line as it is printed behind the name of the file, in a notebook with its cell."""
    return f"cell {cell}:{line}" if cell else str(line)
