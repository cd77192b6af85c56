"""A file and its fixed text → a unified diff that ``git apply`` and ``patch`` take."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from .paint import Paint

if TYPE_CHECKING:
    from ..engine import Finding
    from ..source import Source

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified(filename: str, before: str, after: str) -> str:
    """The diff, or "" if the texts are equal. Lines end at ``\\n`` only, as in git."""
    path = filename.replace("\\", "/").lstrip("/")
    path = path.removeprefix("./")
    return _unified(f"a/{path}", f"b/{path}", before, after)


def unified_cell(name: str, before: str, after: str) -> str:
    """The diff of one cell of a notebook, under its name, as ruff prints it: no tool applies it."""
    return _unified(name, name, before, after)


def _unified(old: str, new: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(_lines(before), _lines(after), old, new)
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def painted(diff: str, paint: Paint) -> str:
    """The same with the colours of git for a terminal."""
    if not paint.color:
        return diff
    return "".join(_painted_line(line, paint) for line in _lines(diff))


def _painted_line(line: str, paint: Paint) -> str:
    body, end = line.rstrip("\n"), "\n" if line.endswith("\n") else ""
    if body.startswith(("---", "+++")):
        return paint.place(body) + end
    if body.startswith("@@"):
        return paint.fixable(body) + end
    if body.startswith("+"):
        return paint.good(body) + end
    return (paint.bad(body) if body.startswith("-") else body) + end


def of_fix(finding: Finding, source: Source, around: int = 1) -> str:
    """What one fix changes, as hunks of a unified diff; "" for a finding without a fix.

    The lines that a fix replaces are compared with those that it puts there, so a file of any
    length costs no more than they do. ``around``: lines of context.
    """
    if finding.fix is None:
        return ""
    fix, text = finding.fix, source.text
    new_import = [(start, start, words) for start, words in
                  [(fix.import_start, fix.import_text), *fix.more_imports] if words]  # fmt: skip
    hunks: list[str] = []
    for start, end, words in sorted([*new_import, (fix.start, fix.end, fix.text)]):
        first = text.rfind("\n", 0, start) + 1
        last = end if text[:end].endswith("\n") or end == len(text) else text.find("\n", end) + 1
        last = last or len(text)
        before = text[first:last]
        after = text[first:start] + words + text[end:last]
        lines = difflib.unified_diff(_lines(before), _lines(after), n=around)
        row = text.count("\n", 0, first)
        hunks += [_moved(line, row) for line in list(lines)[2:]]
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in hunks)


def _moved(line: str, rows: int) -> str:
    """A header of a hunk with its numbers counted from the start of the file."""
    header = re.fullmatch(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@\n", line)
    if header is None:
        return line
    old, new = (int(header[k]) + rows for k in (1, 3))
    return f"@@ -{old}{header[2] or ''} +{new}{header[4] or ''} @@\n"
