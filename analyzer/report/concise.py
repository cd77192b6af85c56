"""Findings and notes as text, one line each, as editors and ``grep`` want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine import Analyzed, Finding
from .paint import Paint
from .summary import is_quiet
from .text import note_text

if TYPE_CHECKING:
    from ..engine import Remark


def finding_line(
    filename: str, finding: Finding | Remark, paint: Paint, *, fixed: bool = False
) -> str:
    """``path:line:column: CODE [*] message``, as ruff writes it; ``fixed``: it has been fixed."""
    star = f" {paint.fixable('[fixed]' if fixed else '[*]')}" if finding.fix is not None else ""
    place = paint.place(f"{filename}:{finding.span.place}")
    return f"{place}: {paint.code(finding.code)}{star} {finding.message}"


def result_lines(
    result: Analyzed, paint: Paint, *, notes: bool, flow: bool, fixed: bool = False
) -> list[str]:
    """A file's findings and, if asked for, its notes (``flow``: those too that are
    no opportunity)."""
    found = [finding_line(result.filename, f, paint, fixed=fixed) for f in result.reported]
    if notes:
        found += [
            note_text(result.filename, note, paint)
            for note in result.blocked
            if flow or not is_quiet(note)
        ]
    return found
