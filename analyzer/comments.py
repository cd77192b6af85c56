"""Edits of comments that silence findings. The code beside them stays, token for token."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set

from .edits import Edit
from .ir import Comment
from .source import Source, SourceError
from .suppressions import Kind, Suppression

_BLANK = " \t\f"
_BETWEEN = " \t\f,"  # between words and codes
_OPENING = re.compile(r"#\s*pexec\s*:[\s,]*", re.IGNORECASE)


def without(comment: Comment, dead: Sequence[tuple[Suppression, Set[str]]]) -> str:
    """The comment's text without the codes given; "" if nothing is left of it.

    Other tools' codes, declarations and free text stay. A suppression whose codes are all dead
    (a bare one has none) goes as a whole, and so does a directive that said nothing else.
    """
    text = comment.text
    gone: Counter[tuple[int, int]] = Counter()  # characters, by directive: it may hold several
    for item, codes in sorted(dead, key=lambda d: d[0].start, reverse=True):
        before = len(text)
        written = re.split(r"[\s,]+", text[item.codes_start : item.codes_end].strip(_BETWEEN))
        left = [c for c in written if c and c.upper() not in codes]
        if left:
            comma = "," in text[item.codes_start : item.codes_end]
            spaced = re.search(r"\s", text[item.codes_start : item.codes_end]) is not None
            separator = ("," if comma else "") + (" " if spaced or not comma else "")
            text = text[: item.codes_start] + separator.join(left) + text[item.codes_end :]
        else:
            text = _without_all(text, item, item.directive[1] - gone[item.directive])
        gone[item.directive] += before - len(text)
    return text


def _without_all(text: str, item: Suppression, end: int) -> str:
    start = item.directive[0]
    ahead, behind = text[start : item.start], text[item.end : end]
    if item.kind is Kind.IGNORE and not (_OPENING.fullmatch(ahead) and not behind.strip(_BETWEEN)):
        # Other words of the same directive stay.
        rest = behind.lstrip(_BETWEEN)
        if rest:
            return text[: item.start] + rest + text[end:]
        gap = behind if text[end:] else ""
        return text[: item.start].rstrip(_BETWEEN) + gap + text[end:]
    rest = text[end if item.kind is Kind.IGNORE else item.end :].lstrip(_BETWEEN)
    if not rest:
        return text[:start].rstrip(_BLANK)
    return text[:start] + (rest if rest.startswith("#") else f"# {rest}")


def replacing(source: Source, comment: Comment, text: str) -> Edit:
    """The edit that makes ``text`` of a comment: white space before one that goes, goes too, and
    so does a line that held nothing else."""
    start, end = comment.span.start, comment.span.end
    if text:
        return Edit(start, end, text)
    if comment.alone:
        starts = (*source.line_starts, len(source.text))
        return Edit(starts[comment.span.line - 1], starts[comment.span.line], "")
    return Edit(len(source.text[:start].rstrip(_BLANK)), end, "")


def same_code(source: Source, text: str) -> bool:
    """Is ``text`` the same program, comments and blank lines aside, and readable as it is?"""
    from .lowering.compare import outline

    after = source.changed(text)
    try:
        # An encoding is declared on the first two lines only: which lines these are may change.
        read = source.read_back(text) == text
        return read and outline(source) == outline(after)
    except (SourceError, UnicodeError, RecursionError):
        return False
