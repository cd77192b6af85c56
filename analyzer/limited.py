"""A result without what does not touch changed lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from .changed import Changes, Lines
from .engine import Analyzed, Blocked, Finding, Result
from .race_findings import Race
from .run import Outcome
from .unlocking import Unlock

if TYPE_CHECKING:
    from .engine import Remark


def limited(outcomes: Iterable[Outcome], changes: Changes) -> list[Outcome]:
    """The outcomes with the findings, notes and functions that changed lines have to do with.

    A finding does if one of its lines, or one between its first and its last call, changed, or if
    something was taken away between them. Files that failed stay.
    """
    return [
        replace(o, result=_limited(o.result, changes.of(o.job.filename)))
        if isinstance(o.result, Analyzed)
        else o
        for o in outcomes
    ]


def _limited(result: Analyzed, lines: Lines) -> Result:
    findings = tuple(f for f in result.findings if _touched(result, f, lines))
    blocked = tuple(b for b in result.blocked if _touched(result, b, lines))
    kept = replace(
        result,
        findings=findings,
        blocked=blocked,
        unused=tuple(f for f in result.unused if _touched(result, f, lines)),
        unknown=tuple(f for f in result.unknown if _touched(result, f, lines)),
        races=tuple(f for f in result.races if _touched(result, f, lines)),
        unlocks=tuple(u for u in result.unlocks if _unlocks(result, u, lines)),
        unsafe_findings=0,  # of those only the number is known
    )
    return with_functions(kept)


def with_functions(result: Analyzed) -> Analyzed:
    """The trees of the functions alone that a finding, a note or an unlocked batch is in."""
    if result.trees is None:
        return result
    held = (*result.reported, *result.blocked, *result.unlocks)
    names = {item.function or "<module>" for item in held}
    functions = tuple(f for f in result.trees.functions if f.name in names)
    return replace(result, trees=replace(result.trees, functions=functions))


def _touched(result: Analyzed, item: Finding | Blocked | Remark, lines: Lines) -> bool:
    spans = [item.span]
    if isinstance(item, Finding):
        spans += [call.span for call in item.calls]
    elif isinstance(item, Blocked):
        spans.append(item.earlier)
    elif isinstance(item, Race) and any(
        lines.touch(line, line) for line in (_line(result, item.span.cell, n) for n in item.lines)
    ):
        return True  # its parts may be far from each other: what is between is not part of it
    return lines.touch(
        min(_line(result, s.cell, s.line) for s in spans),
        max(_line(result, s.cell, s.end_line) for s in spans),
    )


def _unlocks(result: Analyzed, item: Unlock, lines: Lines) -> bool:
    own = [_line(result, item.cell, n) for n in (item.line, *(line for _, line in item.names))]
    return lines.touch(min(own), max(own))


def _line(result: Analyzed, cell: int, line: int) -> int:
    """The line of the file: a notebook is JSON, and its lines are what git compares."""
    notebook = result.source.notebook
    return line if notebook is None or not cell else notebook.file_line(cell, line)
