"""The diff of every single fix, for reading by hand."""

from __future__ import annotations

import difflib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pexec.analyzer.engine import Analyzed, Finding, Result

CONTEXT = 8  # lines around a change: enough to see the handler, the loop and the next use


@dataclass(frozen=True, slots=True)
class Hunk:
    """One fix alone, applied to its file."""

    title: str
    diff: str


def of_results(results: Sequence[Result], folder: Path) -> list[Hunk]:
    """The fixes of a package, in file order."""
    return [
        _hunk(result, finding, folder)
        for result in results
        if isinstance(result, Analyzed)
        for finding in result.findings
        if finding.fix is not None
    ]


def _hunk(result: Analyzed, finding: Finding, folder: Path) -> Hunk:
    fix, text = finding.fix, result.source.text
    assert fix is not None
    new = text[: fix.start] + fix.text + text[fix.end :]
    for start, text in sorted(fix.more_imports, reverse=True):
        new = new[:start] + text + new[start:]
    if fix.import_text:
        new = new[: fix.import_start] + fix.import_text + new[fix.import_start :]
    lines = difflib.unified_diff(
        text.splitlines(keepends=True), new.splitlines(keepends=True), n=CONTEXT
    )
    place = f"{folder.name}/{Path(result.filename).relative_to(folder)}:{finding.span.line}"
    title = f"{place} {finding.function}: {finding.form} ({finding.form_reason})"
    return Hunk(title, "".join(list(lines)[2:]))


def draw(hunks: Sequence[Hunk], number: int | None, seed: int) -> list[Hunk]:
    """``number`` hunks at random, or all of them if it is None or there are no more."""
    ordered = sorted(hunks, key=lambda hunk: (hunk.title, hunk.diff))
    if number is None or number >= len(ordered):
        return ordered
    return random.Random(seed).sample(ordered, number)


def text_of(hunks: Sequence[Hunk]) -> str:
    return "\n".join(f"##### {i}. {h.title}\n{h.diff}" for i, h in enumerate(hunks, 1))
