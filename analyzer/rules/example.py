"""One example of a rule's page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A program, and what becomes of it: ``after``, or the reason why it is ``left_alone``.

    A rule without a fix has ``reported``, the words of its finding, in the place of ``after``.

    ``settings`` is TOML as in ``pexec.toml``. ``script``: the text is a file that may be run, so
    that a failure may end the program. ``kind`` is that of the note which such a program gets.
    """

    title: str
    before: str
    after: str = ""
    left_alone: str = ""
    kind: str = ""
    settings: str = ""
    script: bool = False
    reported: str = ""
