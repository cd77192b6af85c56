"""One comment that is kept up to date. What differs between servers is behind :class:`Thread`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote

from .http import Refused

#: Characters; GitHub takes 65,536, and refuses the whole comment beyond.
LIMIT = 60_000
_TOO_LONG = "\n\n*The report is too long for a comment: the rest is left out.*\n"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a pull request. ``author``: as :meth:`Thread.me` names it."""

    id: int
    author: str
    body: str
    url: str = ""


class Thread(Protocol):
    """The comments of one pull request, as one user sees them. All methods raise ConfigError."""

    def me(self) -> str:
        """The author of what :meth:`post` posts."""
        ...

    def comments(self) -> Iterable[Comment]:
        """All comments, oldest first, read page by page."""
        ...

    def post(self, body: str) -> Comment: ...

    def edit(self, comment: Comment, body: str) -> Comment: ...


class Did(StrEnum):
    """What became of a comment."""

    POSTED = "posted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOTHING = "nothing to say"


def marker(key: str) -> str:
    """The first line of a comment, which nobody sees. No key can end it early."""
    return f"<!-- pexec-report {quote(key, safe='', errors='surrogateescape')} -->"


def upsert(thread: Thread, key: str, text: str, otherwise: str) -> tuple[Did, str]:
    """Put ``text`` into the comment of ``key``: the one there is, or a new one.

    If ``text`` is empty there is nothing to say: no new comment is made, and an old one then says
    ``otherwise``. Only a comment of the same author is touched which starts with the marker: others
    may quote it. Of several the oldest is taken. Returns what was done, and the comment's address.
    Raises ConfigError.
    """
    old = _found(thread, key)
    if old is None:
        if not text:
            return Did.NOTHING, ""
        body = _body(key, text)
        try:
            return Did.POSTED, thread.post(body).url
        except Refused as error:
            # It may have been posted although no answer came: look, rather than post it twice.
            if error.status and error.status < 500:
                raise
            old = _found(thread, key)
            if old is None:
                return Did.POSTED, thread.post(body).url
    body = _body(key, text or otherwise)
    if _same(old.body, body):
        return Did.UNCHANGED, old.url
    return Did.UPDATED, thread.edit(old, body).url or old.url


def _found(thread: Thread, key: str) -> Comment | None:
    first = marker(key)
    me = ""
    for comment in thread.comments():
        if comment.body.partition("\n")[0].rstrip("\r") == first:
            me = me or thread.me()
            if comment.author == me:
                return comment
    return None


def _body(key: str, text: str) -> str:
    first = marker(key) + "\n\n"
    return first + fitted(text.strip("\n"), LIMIT - len(first))


def _same(one: str, other: str) -> bool:
    """Servers may change the ends of lines, and leave off the last."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()


def fitted(text: str, limit: int) -> str:
    """Markdown of at most ``limit`` characters, cut between lines, not in code or a fold."""
    if len(text) <= limit:
        return text
    room = limit - len(_TOO_LONG)
    end = at = depth = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        if at > room:
            break
        if not (fence or depth):
            end = at
        mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence:
            depth += line.count("<details") - line.count("</details")
        at += len(line)
    return text[:end].rstrip() + _TOO_LONG
