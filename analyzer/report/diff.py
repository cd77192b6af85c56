"""A file and its fixed text → a unified diff that ``git apply`` and ``patch`` take."""

from __future__ import annotations

import difflib
import re

from .paint import Paint

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
