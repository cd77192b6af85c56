"""A rewrite before validation, and what keeps a text from being one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..analyzer.edits import Edit
from ..analyzer.engine import Analysis, Finding, Fix
from .edit import Writer
from .gather import Rewritten
from .imports import insertions


@dataclass(frozen=True, slots=True)
class Candidate:
    """One rewrite before validation."""

    rewritten: Rewritten
    finding: Finding


def mixed_ends(writer: Writer, start: int, end: int) -> bool:
    """Has a part of the text other line ends than the file's own?"""
    found = set(re.findall(r"\r\n|\n|\r", writer.source.text[start:end]))
    return found - {writer.style.newline} != set()


def loses_comments(edit: Edit, analysis: Analysis, *, typed: bool = True) -> bool:
    """Would the new text drop a comment, or (``typed``) tear a type comment from its target?"""
    old = analysis.source.text[edit.start : edit.end]
    torn = typed and re.search(r"#\s*type:(?!\s*ignore)", old) is not None
    return torn or old.count("#") > edit.text.count("#")


def fix_of(rewritten: Rewritten, analysis: Analysis, writer: Writer) -> Fix:
    """The replacement of a range of the text, and the imports it needs."""
    edit, new = rewritten.edit, rewritten.imports
    if not new:
        return Fix(edit.start, edit.end, edit.text)
    place, *others = insertions(new, analysis.module, writer, edit.start)
    more = tuple((other.start, other.text) for other in others)
    return Fix(edit.start, edit.end, edit.text, new[0].line(), place.start, place.text, more)
