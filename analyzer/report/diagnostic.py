"""Findings as what all formats for machines need of them: place, words, edits, fingerprint."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..codes import RULES, Applicability
from ..engine import Analyzed, Failed, Finding, Fix, Result
from ..fingerprint import fingerprints
from ..source import Source
from ..spans import line_text

if TYPE_CHECKING:
    from ..engine import Remark


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both counted from 1, the column in characters; 0: the whole line."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class TextEdit:
    """``text`` takes the place of what lies between ``start`` and ``end`` (exclusive)."""

    start: Position
    end: Position
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of one file. ``filename`` is as printed; ``edits`` are in order of the file."""

    filename: str
    code: str
    name: str
    message: str
    start: Position
    end: Position
    fingerprint: str
    applicability: Applicability
    fix_message: str
    edits: tuple[TextEdit, ...]
    gain_ms: float
    place: str = ""  # of a notebook: cell, line and column as they are printed


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was not checked, and why, in one line. ``start`` is known where it was read."""

    filename: str
    message: str
    start: Position | None = None
    cell: int = 0

    @property
    def place(self) -> str:
        if self.start is None:
            return self.filename
        return f"{self.filename}:{line_text(self.cell, self.start.line)}:{self.start.column}"


def failures_of(
    results: Iterable[Result], missing: Iterable[tuple[str, str]] = ()
) -> list[Failure]:
    """What could not be found, as (path, cause), and what could not be read or analyzed."""
    found = [Failure(path, cause) for path, cause in missing]
    for result in results:
        if isinstance(result, Failed):
            message = " ".join(result.message.split())
            start = Position(result.line, result.column)
            found.append(Failure(result.filename, message, start, result.cell))
    return found


def diagnostics_of(results: Iterable[Analyzed]) -> list[Diagnostic]:
    """All findings of all files, in order."""
    found: list[Diagnostic] = []
    for result in results:
        prints = fingerprints(result.source.text, result.reported)
        found += [_of(result, f, p) for f, p in zip(result.reported, prints, strict=True)]
    return found


def _of(result: Analyzed, finding: Finding | Remark, fingerprint: str) -> Diagnostic:
    span = finding.span
    start, end = Position(span.line, span.column), Position(span.end_line, span.end_column)
    notebook = result.source.notebook
    if notebook is not None:  # the file is JSON, and its lines are what machines show
        start = Position(notebook.file_line(span.cell, span.line), 0)
        end = Position(notebook.file_line(span.cell, span.end_line), 0)
    return Diagnostic(
        result.filename,
        finding.code,
        RULES[finding.code],
        finding.message,
        start,
        end,
        fingerprint,
        finding.applicability,
        fix_message(finding),
        edits_of(finding.fix, result.source) if finding.fix and notebook is None else (),
        finding.gain_ms if isinstance(finding, Finding) else 0.0,
        span.place if notebook is not None else "",
    )


def fix_message(finding: Finding | Remark) -> str:
    if not isinstance(finding, Finding):
        return "Remove the unused suppression" if finding.fix is not None else ""
    if finding.turns:
        return "Run the calls of its turns together"
    return f"Run the {len(finding.calls)} calls together"


def edits_of(fix: Fix, source: Source) -> tuple[TextEdit, ...]:
    """A fix as edits: the import that it needs, if any, and the replacement."""
    edits = [(fix.start, fix.end, fix.text)]
    if fix.import_text:
        more = ((start, start, text) for start, text in fix.more_imports)
        edits = [(fix.import_start, fix.import_start, fix.import_text), *more, *edits]
    return tuple(
        TextEdit(position(source, start), position(source, end), text) for start, end, text in edits
    )


def position(source: Source, offset: int) -> Position:
    """Where an offset of the text lies; of a notebook, in its cell."""
    line = bisect_right(source.line_starts, offset)
    return Position(source.where(line)[1], offset - source.line_starts[line - 1] + 1)
