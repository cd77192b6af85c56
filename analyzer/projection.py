"""Trees + latencies → how long each function waits now, after the rewrite, and at the very best.

Times are projections, never measurements of this code; computation between calls counts as 0. A
call of a function of the project takes as long as that function waits itself, and the sums of files
and projects are those of the functions that no other one calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from .distributions import quantile
from .variables import Site
from .work import Column, size
from .work_trees import FileTrees, FunctionTree

if TYPE_CHECKING:
    from .executions import Executions

#: Draws for the quantiles, as long as all functions together ask for no more durations than that.
DRAWS, FEWEST, BUDGET = 1000, 50, 2_000_000
HIGH, MEDIUM, LOW = "high", "medium", "low"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Milliseconds: the average of many runs, their median and their 95th percentile."""

    mean: float = 0.0
    p50: float = 0.0
    p95: float = 0.0


@dataclass(frozen=True, slots=True)
class Times:
    """Counts and milliseconds of a function, a file or a run.

    ``batched``: calls that run in batches. ``work``, ``span`` and ``room`` are of the batches
    alone: what their calls take one after the other, what they take, and that times their width.
    """

    calls: int = 0
    batches: int = 0
    batched: int = 0
    sequential: Estimate = Estimate()
    projected: Estimate = Estimate()
    critical_ms: float = 0.0
    work: float = 0.0
    span: float = 0.0
    room: float = 0.0

    @property
    def sequential_ms(self) -> float:
        return self.sequential.mean

    @property
    def projected_ms(self) -> float:
        return self.projected.mean

    @property
    def saved_ms(self) -> float:
        return self.sequential_ms - self.projected_ms

    @property
    def speedup(self) -> float:
        """How many times faster: time now over time projected."""
        return _ratio(self.sequential_ms, self.projected_ms)

    @property
    def best_speedup(self) -> float:
        """The same for the critical path: no schedule is faster."""
        return _ratio(self.sequential_ms, self.critical_ms)

    @property
    def reduction(self) -> float:
        """Share of the time now that is saved."""
        return self.saved_ms / self.sequential_ms if self.sequential_ms > 0 else 0.0

    @property
    def batched_share(self) -> float:
        """Share of the calls that run in batches."""
        return self.batched / self.calls if self.calls else 0.0

    @property
    def throughput_gain(self) -> float:
        """Calls per second in the batches, over those of the same calls now."""
        return _ratio(self.work, self.span)

    @property
    def efficiency(self) -> float:
        """Of the batches: work over time times width; 1 where all calls of a batch take as long."""
        return self.work / self.room if self.room > 0 else 1.0


def _ratio(before: float, after: float) -> float:
    return before / after if after > 0 else 1.0


@dataclass(frozen=True, slots=True)
class BlockProjection:
    """A block that awaits two calls or more: makespan now, projected, and critical path."""

    line: int
    end_line: int
    cell: int
    sequential_ms: float
    projected_ms: float
    critical_ms: float


@dataclass(frozen=True, slots=True)
class GroupProjection:
    """What one finding changes; ``number``: which of the file."""

    number: int
    sequential_ms: float
    projected_ms: float
    width: int

    @property
    def efficiency(self) -> float:
        room = self.projected_ms * self.width
        return self.sequential_ms / room if room > 0 else 1.0


@dataclass(frozen=True, slots=True)
class FunctionProjection:
    """One function (or the module's own code, named ``<module>``).

    ``root``: no other function that was looked at calls it; ``local_root``: none of its file does.
    ``confidence``: see
    :func:`.function_projection.confidence`. ``assumed``: what is of loops and branches. ``tables``:
    what its trees are evaluated with.
    """

    tree: FunctionTree
    times: Times
    blocks: tuple[BlockProjection, ...] = ()
    groups: tuple[GroupProjection, ...] = ()
    root: bool = True
    local_root: bool = True
    confidence: str = LOW
    assumed: tuple[str, ...] = ()
    draws: tuple[Column, Column] = field(default=((), ()), repr=False)  # now, projected
    tables: tuple[Sequence[Site], Sequence[Site]] = field(default=((), ()), repr=False)

    @property
    def name(self) -> str:
        return self.tree.name

    @property
    def line(self) -> int:
        return self.tree.span.line if self.tree.name != "<module>" else 1

    @property
    def cell(self) -> int:
        return self.tree.span.cell


@dataclass(frozen=True, slots=True)
class FileProjection:
    """The functions of a file that wait for anything; ``latencies`` counts calls by source."""

    filename: str
    functions: tuple[FunctionProjection, ...]
    latencies: Counter[str] = field(default_factory=Counter[str])

    @property
    def times(self) -> Times:
        """The sum as if the file stood alone: what only other files call counts here too."""
        return total(self.functions, [f for f in self.functions if f.local_root])


def total(
    functions: Iterable[FunctionProjection], roots: Iterable[FunctionProjection] | None = None
) -> Times:
    """The sum: all calls and batches, and the times of the functions that no other one calls."""
    found = list(functions)
    roots = [f for f in found if f.root] if roots is None else list(roots)

    def counted(what: str) -> float:
        return sum(getattr(f.times, what) for f in found)

    return Times(
        sum(f.times.calls for f in found),
        sum(f.times.batches for f in found),
        sum(f.times.batched for f in found),
        summed([f.times.sequential for f in roots], [f.draws[0] for f in roots]),
        summed([f.times.projected for f in roots], [f.draws[1] for f in roots]),
        sum(f.times.critical_ms for f in roots),
        counted("work"),
        counted("span"),
        counted("room"),
    )


def summed(estimates: Sequence[Estimate], draws: Sequence[Column]) -> Estimate:
    """Of independent times one after the other: quantiles are those of the sums of the draws.

    Without draws nothing varies, and each quantile is the mean.
    """
    mean = sum(e.mean for e in estimates)
    varying = [column for column in draws if column]
    if not varying:
        return Estimate(mean, mean, mean)
    fixed = sum(e.mean for e, column in zip(estimates, draws, strict=True) if not column)
    sums = sorted(fixed + sum(row) for row in zip(*varying, strict=True))
    return Estimate(mean, quantile(sums, 0.5), quantile(sums, 0.95))


def estimate(mean: float, draws: Column) -> Estimate:
    """The estimate with quantiles of draws; without draws nothing varies."""
    if not draws:
        return Estimate(mean, mean, mean)
    ordered = sorted(draws)
    return Estimate(mean, quantile(ordered, 0.5), quantile(ordered, 0.95))


def average(draws: Column) -> float:
    return fmean(draws)


def project(
    files: Sequence[FileTrees], executions: Executions | None = None, *, seed: int = 0
) -> tuple[FileProjection, ...]:
    """The projections of all files together. ``executions``: what traces tell (see there).

    ``seed``: of the draws; the same one gives the same figures.
    """
    from .function_projection import Projector

    if executions is not None:
        files = executions.applied(files)
    projector = Projector(files, seed, draws_for(files))
    return tuple(
        FileProjection(
            file.filename,
            tuple(projector.of(function) for function in file.functions),
            Counter(site.latency.source for f in file.functions for site in f.sites),
        )
        for file in files
    )


def draws_for(files: Iterable[FileTrees]) -> int:
    """How many runs are drawn for each function, so that large projects are reported in seconds."""
    asked = sum(size(t.before) + size(t.after) + size(t.best) for f in files for t in f.functions)
    return max(FEWEST, min(DRAWS, BUDGET // max(1, asked)))
