"""What the one-page report says, before it is text, Markdown or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..engine import Analyzed, Result
from ..projection import FileProjection, Times, total
from .summary import UNKNOWN, plural, summary_line, totals_of

#: What stands in the way, by the kind of edge (contract §3).
REASONS = {
    "flow": "need the result of a call before them",
    "anti": "change what a statement before them uses",
    "output": "change what a statement before them changes too",
    "effect": "touch what a call before them writes, or write what it reads",
    "unknown": "are, or stand behind, a call of unknown effects",
    "exclusive": "use a handle that takes one call at a time",
    "affine": "must stay in their task, or stand behind one that must",
    "clock": "read the clock, or stand behind such a read",
    "sleep": "sleep, or stand behind a pause",
    "control": "stand behind a guard, a loop's exit or another change of control",
    "failure": "must not run if what is before them fails",
    "framework": "are in a framework that needs their order",
    "manager": "are inside a `with` that may be a lock or a transaction",
    "gain": "would gain too little",
    "validator": "were left alone because the rewrite failed its check",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """How many calls one kind of edge holds in place; ``names`` are the commonest unknown calls."""

    kind: str
    count: int
    words: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The report: files by what they gain, the sum, what blocks the rest, where times come from."""

    files: tuple[FileProjection, ...]
    times: Times
    reasons: tuple[Reason, ...]
    latencies: tuple[tuple[str, int], ...]
    more_unsafe: int
    summary: str


def page_of(files: Sequence[FileProjection], results: Sequence[Result], missing: int) -> Page:
    """Projections and results of the same run → the page."""
    analyzed = [r for r in results if isinstance(r, Analyzed)]
    notes = [note for r in analyzed for note in r.blocked]
    unknown = Counter(dict.fromkeys(
        (name, r.filename, line) for r in analyzed for note in r.blocked if note.kind == UNKNOWN
        for name, line in note.undeclared
    ))  # fmt: skip
    names = Counter(name for name, _, _ in unknown)
    reasons = tuple(
        Reason(
            kind,
            count,
            REASONS.get(kind, kind),
            tuple(name for name, _ in names.most_common(3)) if kind == UNKNOWN else (),
        )
        for kind, count in Counter(note.kind for note in notes).most_common()
    )
    latencies: Counter[str] = Counter()
    for file in files:
        latencies.update(file.latencies)
    ordered = sorted(files, key=lambda f: f.times.projected_ms - f.times.sequential_ms)
    totals = totals_of(results, missing)
    return Page(
        tuple(f for f in ordered if f.functions),
        total(f.times for f in files),
        reasons,
        tuple(latencies.most_common()),
        totals.more_unsafe,
        summary_line(totals),
    )


def rows_of(page: Page, limit: int) -> tuple[list[tuple[str, Times]], int]:
    """(label, times) of files and their functions with two calls or more, and how many are left.

    A file with one such function is one row.
    """
    rows: list[tuple[str, Times]] = []
    for file in page.files:
        functions = [f for f in file.functions if f.times.calls > 1]
        if not functions:
            continue
        if len(functions) == 1 and len(file.functions) == 1:
            only = functions[0]
            rows.append((f"{file.filename}: {only.name}", only.times))
            continue
        rows.append((file.filename, file.times))
        rows += [(f"  {f.name}:{f.line}", f.times) for f in functions]
    return rows[:limit], max(0, len(rows) - limit)


def latency_words(page: Page) -> str:
    """Where the times come from, defaults said to be defaults."""
    words = [f"{plural(n, 'call')}: {source}" for source, n in page.latencies]
    return "; ".join(words) if words else "no awaited calls"


def factor(value: float) -> str:
    return f"{value:.1f}x"
