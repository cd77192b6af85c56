"""What the report says, before it is text, Markdown, HTML or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..engine import Analyzed, Finding, Result
from ..projection import (
    HIGH,
    LOW,
    MEDIUM,
    FileProjection,
    FunctionProjection,
    GroupProjection,
    Times,
    total,
)
from ..source import Source
from ..spans import line_text
from ..work import sites
from .reasons import Reason, reasons_of
from .summary import Undeclared, plural, ranked, summary_line, totals_of

if TYPE_CHECKING:
    from ..executions import Coverage


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A finding with a validated rewrite: where it is, and what it changes in its function."""

    filename: str
    finding: Finding
    group: GroupProjection
    function: FunctionProjection
    source: Source

    @property
    def sites(self) -> frozenset[int]:
        """The call sites of its function that it runs together."""
        tree = next(g for g in self.function.tree.groups if g.number == self.group.number)
        return frozenset(sites(tree.before))

    @property
    def saved_ms(self) -> float:
        return self.group.sequential_ms - self.group.projected_ms

    @property
    def place(self) -> str:
        return f"{self.filename}:{line_text(self.finding.span.cell, self.finding.span.line)}"

    @property
    def diff(self) -> str:
        """What the rewrite changes, as a unified diff without the names of files."""
        from .diff import of_fix

        return of_fix(self.finding, self.source)


@dataclass(frozen=True, slots=True)
class Validation:
    """What the validator said; ``conflicts``: pairs reordered against an edge in what it let pass.

    ``refused``: its refusals, each a bug to be reported. ``unsafe``: the level is on-success.
    """

    unsafe: bool
    validated: int
    refused: int
    conflicts: int = 0

    @property
    def level(self) -> str:
        return "on-success" if self.unsafe else "exact"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a shape of code is written, and how often."""

    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """The report: files by what they gain, the sum, opportunities by what they save, what blocks
    the rest, what unknown calls cost, where times come from."""

    files: tuple[FileProjection, ...]
    times: Times
    opportunities: tuple[Opportunity, ...]
    validation: Validation
    reasons: tuple[Reason, ...]
    costs: tuple[Undeclared, ...]
    latencies: tuple[tuple[str, int], ...]
    more_unsafe: int
    summary: str
    shapes: tuple[Shape, ...] = ()
    confidence: str = LOW
    assumed: tuple[str, ...] = ()
    coverage: Coverage | None = None
    version: str = ""
    width: int = 1  # how many calls run at once at most, in what would be written

    @property
    def functions(self) -> list[tuple[str, FunctionProjection]]:
        """The functions of all files with the names of these, in order."""
        return [(file.filename, function) for file in self.files for function in file.functions]


def page_of(
    files: Sequence[FileProjection],
    results: Sequence[Result],
    missing: int,
    in_pyproject: bool = True,
    *,
    unsafe: bool = False,
    coverage: Coverage | None = None,
    version: str = "",
) -> Page:
    """Projections and results of the same run → the page."""
    analyzed = [r for r in results if isinstance(r, Analyzed)]
    latencies: Counter[str] = Counter()
    for file in files:
        latencies.update(file.latencies)
    ordered = sorted(files, key=lambda f: f.times.projected_ms - f.times.sequential_ms)
    totals = totals_of(results, missing)
    found = opportunities(files, analyzed)
    refused = sum(note.kind == "validator" for r in analyzed for note in r.blocked)
    functions = [function for file in files for function in file.functions]
    return Page(
        files=tuple(f for f in ordered if f.functions),
        times=total(functions),
        opportunities=tuple(found),
        validation=Validation(unsafe, len(found), refused),
        reasons=reasons_of(analyzed),
        costs=tuple(ranked(((r.filename, u) for r in analyzed for u in r.unlocks), in_pyproject)),
        latencies=tuple(latencies.most_common()),
        more_unsafe=totals.more_unsafe,
        summary=summary_line(totals),
        shapes=shapes_of(found),
        confidence=weakest(f.confidence for f in functions),
        assumed=_assumed(functions),
        coverage=coverage,
        version=version,
        width=max((o.group.width for o in found), default=1),
    )


def opportunities(
    files: Iterable[FileProjection], results: Iterable[Analyzed]
) -> list[Opportunity]:
    """The findings that would run calls together, those that save most first."""
    by_name = {result.filename: result for result in results}
    found: list[Opportunity] = []
    for file in files:
        result = by_name[file.filename]
        for function in file.functions:
            for group in function.groups:
                finding = result.findings[group.number]
                found.append(Opportunity(file.filename, finding, group, function, result.source))
    return sorted(found, key=lambda o: (-round(o.saved_ms, 6), o.filename, o.finding.span.start))


def shapes_of(found: Iterable[Opportunity]) -> tuple[Shape, ...]:
    """The forms that are written, commonest first."""
    words = Counter(_FORMS.get(o.finding.form, o.finding.form) for o in found)
    return tuple(Shape(text, count) for text, count in words.most_common())


_FORMS = {
    "plain": "`asyncio.gather`",
    "results": "`asyncio.gather` in front of a statement",
    "ordered": "tasks that are awaited in order, and cancelled if one before them fails",
    "helper": "the helper of the configuration",
    "taskgroup": "`asyncio.TaskGroup`",
    "threads": "a `ThreadPoolExecutor` of the batch's own",
}


def weakest(levels: Iterable[str]) -> str:
    """The weakest of levels of confidence; low if there are none."""
    found = set(levels)
    return next((level for level in (LOW, MEDIUM, HIGH) if level in found), LOW)


def _assumed(functions: Iterable[FunctionProjection]) -> tuple[str, ...]:
    """What is assumed of loops and branches, over all functions."""
    from ..function_projection import assumptions

    return assumptions([f.tree for f in functions])


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
        rows += [(f"  {f.name}:{line_text(f.cell, f.line)}", f.times) for f in functions]
    return rows[:limit], max(0, len(rows) - limit)


def latency_words(page: Page) -> str:
    """Where the times come from, defaults said to be defaults."""
    words = [f"{plural(n, 'call')}: {source}" for source, n in page.latencies]
    return "; ".join(words) if words else "no awaited calls"


def factor(value: float) -> str:
    return f"{value:.1f}x"


def percent(share: float) -> str:
    return f"{share:.0%}"


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of the table of before and after."""

    what: str
    before: str
    after: str


def compared(page: Page) -> tuple[Compared, ...]:
    """The table of before and after, in words."""
    from ..findings import milliseconds

    times = page.times

    def rate(ms: float) -> str:
        return f"{times.calls / ms * 1000:.1f} calls/s" if ms > 0 else "–"

    def busy(ms: float) -> str:
        return percent(times.sequential_ms / (ms * page.width)) if ms > 0 else "–"

    rows = [
        Compared("average time", milliseconds(times.sequential_ms),
                 milliseconds(times.projected_ms)),
        Compared("throughput", rate(times.sequential_ms), rate(times.projected_ms)),
        Compared(f"utilisation of {page.width} at once", busy(times.sequential_ms),
                 busy(times.projected_ms)),
        Compared("dependency conflicts", "0", str(page.validation.conflicts)),
        Compared("calls in batches", "0%", percent(times.batched_share)),
    ]  # fmt: skip
    if times.sequential.p95 != times.sequential.p50:
        spread = [
            Compared("median time", milliseconds(times.sequential.p50),
                     milliseconds(times.projected.p50)),
            Compared("95th percentile", milliseconds(times.sequential.p95),
                     milliseconds(times.projected.p95)),
        ]  # fmt: skip
        rows[1:1] = spread
    return tuple(rows)
