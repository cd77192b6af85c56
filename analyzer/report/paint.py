"""Colours for a terminal, or none: every printed role in one place."""

from __future__ import annotations

from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Paint:
    """Styles words if ``color``; otherwise hands them back as they are."""

    color: bool = False

    def _style(self, words: str, **how: bool | str) -> str:
        return click.style(words, **how) if self.color and words else words  # type: ignore[arg-type]

    def place(self, words: str) -> str:
        return self._style(words, bold=True)

    def code(self, words: str) -> str:
        return self._style(words, fg="red", bold=True)

    def fixable(self, words: str) -> str:
        return self._style(words, fg="cyan")

    def note(self, words: str) -> str:
        return self._style(words, fg="blue", bold=True)

    def name(self, words: str) -> str:
        return self._style(words, fg="yellow")

    def dim(self, words: str) -> str:
        return self._style(words, dim=True)

    def good(self, words: str) -> str:
        return self._style(words, fg="green")

    def bad(self, words: str) -> str:
        return self._style(words, fg="red")
