"""Comments that silence findings: ``# pexec: ignore[PX101]``, ``# noqa: PX101`` and the bare ones.

A comment is read once, into :class:`Suppression` values; what they silence is asked here, and what
silences nothing in ``unused.py``. What counts as ``# noqa`` is ruff's rule, except that codes may
be written in small letters (as in flake8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .codes import RULES
from .effects.directives import parse_comment, words_of
from .errors import VocabularyError
from .ir import Comment
from .source import SourceError

_CODE = r"[A-Z]+[0-9]+(?=[\s,#]|$)"
_NOQA = re.compile(
    rf"(?<![^\s#])#\s*noqa(?:\s*:\s*(?P<codes>{_CODE}(?:[\s,]+{_CODE})*)|(?!\s*:)(?=[\s#]|$))",
    re.IGNORECASE,
)
_OURS = re.compile(r"PX[0-9]{3}")


class Kind(StrEnum):
    """How a suppression is written."""

    IGNORE = "ignore"  # # pexec: ignore
    NOQA = "noqa"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One ``ignore`` or ``noqa`` of a comment; ``codes`` in capital letters, none for a bare one.

    Offsets count in the comment: of its own words (``ignore[…]``; all of ``# noqa: …``), of the
    codes, and of the directive that it is a word of.
    """

    kind: Kind
    codes: tuple[str, ...]
    comment: Comment
    start: int
    end: int
    codes_start: int
    codes_end: int
    directive: tuple[int, int]

    @property
    def line(self) -> int:
        return self.comment.span.line

    @property
    def words(self) -> str:
        """The suppression as it is written, without what else its comment says."""
        text = self.comment.text[self.start : self.end]
        return f"# pexec: {text}" if self.kind is Kind.IGNORE else text

    def silences(self, code: str) -> bool:
        return not self.codes or code in self.codes

    @property
    def own_codes(self) -> tuple[str, ...]:
        """The codes that are meant for pexec, each once. Other tools' stand in ``# noqa`` only."""
        own = (c for c in self.codes if self.kind is Kind.IGNORE or _OURS.fullmatch(c))
        return tuple(dict.fromkeys(own))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Own codes that do not exist."""
        return tuple(c for c in self.own_codes if c not in RULES)


def suppressions(comments: Mapping[int, Comment]) -> tuple[Suppression, ...]:
    """All suppressions of a file, in order. Raises SourceError for a word that is misspelt.

    A comment that has its line for itself speaks of no call: in it, any words may stand.
    """
    found: list[Suppression] = []
    for line, comment in sorted(comments.items()):
        try:
            parse_comment(comment.text, f"line {line}")
        except VocabularyError as error:
            if comment.alone:
                continue
            message = str(error).removeprefix(f"line {line}: ")
            raise SourceError(message, line, comment.span.column) from None
        found += sorted((*_ignores(comment), *_noqas(comment)), key=lambda s: s.start)
    return tuple(found)


def _ignores(comment: Comment) -> Iterator[Suppression]:
    for word in words_of(comment.text):
        if word.codes is None:
            continue
        start = word.start + word.text.find("[") + 1 if word.codes else word.end
        yield Suppression(
            Kind.IGNORE, _split(word.codes), comment, word.start, word.end,
            start, start + len(word.codes), word.directive,
        )  # fmt: skip


def _noqas(comment: Comment) -> Iterator[Suppression]:
    for found in _NOQA.finditer(comment.text):
        codes = found.group("codes") or ""
        start = found.start("codes") if codes else found.end()
        yield Suppression(
            Kind.NOQA, _split(codes), comment, found.start(), found.end(),
            start, start + len(codes), found.span(),
        )  # fmt: skip


def _split(codes: str) -> tuple[str, ...]:
    return tuple(c.upper() for c in re.split(r"[\s,]+", codes) if c)


def silencing(
    known: Sequence[Suppression], lines: Iterable[int], code: str
) -> tuple[Suppression, ...]:
    """The suppressions that silence a finding of ``code`` whose calls begin or end on ``lines``."""
    places = frozenset(lines)
    return tuple(s for s in known if s.line in places and s.silences(code))
