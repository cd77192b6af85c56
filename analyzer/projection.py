"""Plan + latencies → how long a file waits now, after the rewrite, and at the very best.

Every call site counts once: a loop as one turn, unless its turns are run together (ten where their
number is not known), and both branches of an `if`. Times are projections
from the latencies of :mod:`.latency`, never measurements; computation between calls counts as 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .blocks import Plan
from .dependence import blocking, conflict_of
from .edges import Pair
from .effects.model import overlap
from .effects.selector import Overlap
from .engine import Analysis, Analyzed, Finding
from .footprint import Footprint, Footprints, visible_writes
from .ir import Block, Function, Statement
from .latency import latency_of
from .schedule import Row

#: Statements that an edge is looked for across; beyond it only barriers count, which keeps the time
#: linear in the block. An edge that is left out can only make the critical path shorter.
WINDOW = 60


@dataclass(frozen=True, slots=True)
class Times:
    """Counts and milliseconds of a function, a file or a run."""

    calls: int = 0
    batches: int = 0
    sequential_ms: float = 0.0
    projected_ms: float = 0.0
    critical_ms: float = 0.0

    @property
    def speedup(self) -> float:
        return _ratio(self.sequential_ms, self.projected_ms)

    @property
    def best_speedup(self) -> float:
        return _ratio(self.sequential_ms, self.critical_ms)

    def __add__(self, other: Times) -> Times:
        return Times(
            self.calls + other.calls,
            self.batches + other.batches,
            self.sequential_ms + other.sequential_ms,
            self.projected_ms + other.projected_ms,
            self.critical_ms + other.critical_ms,
        )


def _ratio(before: float, after: float) -> float:
    return before / after if after > 0 else 1.0


@dataclass(frozen=True, slots=True)
class FunctionProjection:
    """One function (or the module's own code, named ``<module>``)."""

    name: str
    line: int
    times: Times
    cell: int = 0  # of a notebook


@dataclass(frozen=True, slots=True)
class FileProjection:
    """The functions of a file that wait for anything; ``latencies`` counts calls by source."""

    filename: str
    functions: tuple[FunctionProjection, ...]
    latencies: Counter[str] = field(default_factory=Counter[str])

    @property
    def times(self) -> Times:
        return total(f.times for f in self.functions)


def total(times: Iterable[Times]) -> Times:
    found = Times()
    for item in times:
        found += item
    return found


def project(analysis: Analysis, result: Analyzed) -> FileProjection:
    """The projection for what ``result`` would write: its findings are the batches."""
    plans = {id(plan.site.block): plan for plan in analysis.plans}
    latencies: Counter[str] = Counter()
    functions: list[FunctionProjection] = []
    for function in sorted(analysis.module.functions, key=lambda f: f.span.start):
        own = [f for f in result.findings if f.function == function.qualname]
        times = _function(analysis, function, own, plans, latencies)
        if times.calls:
            line = function.span.line if function.name else 1
            functions.append(FunctionProjection(function.qualname or "<module>", line, times))
    return FileProjection(result.filename, tuple(functions), latencies)


def _function(
    analysis: Analysis,
    function: Function,
    findings: list[Finding],
    plans: dict[int, Plan],
    latencies: Counter[str],
) -> Times:
    calls = [
        call
        for statement in function.block.statements
        for call in analysis.planner.footprints.of(statement).calls
        if call.awaited
    ]
    latencies.update(latency_of(analysis.inference.facts(call))[1] for call in calls)
    sequential = analysis.planner.footprints.waits(calls)
    # A loop counts as one turn, but where a finding runs its turns together.
    sequential += sum(f.sequential_ms - f.calls[0].latency_ms for f in findings if f.turns)
    gained = sum(f.gain_ms for f in findings)
    critical = Critical(analysis, plans).block(function.block) if calls else 0.0
    # A chain keeps names to itself that others bind as well, which no longer holds them apart.
    critical = min(critical, sequential - gained)
    return Times(len(calls), len(findings), sequential, sequential - gained, critical)


class Critical:
    """The longest path over the dependence edges: the shortest time that any schedule could reach.

    A compound statement is one node of its block, as long as the critical paths of its own blocks.
    """

    def __init__(self, analysis: Analysis, plans: dict[int, Plan]) -> None:
        self._inference = analysis.inference
        self._sites = analysis.planner.sites
        self._footprints = analysis.planner.footprints
        self._plans = plans

    def block(self, block: Block) -> float:
        """Milliseconds of one block's critical path."""
        weights = self.weights(block)
        plan = self._plans.get(id(block))
        if plan is None or self._sites.forbidden(plan.site) is not None:
            return sum(weights)  # fewer than two awaits, or a place where nothing may overlap
        import networkx as nx

        # An edge weighs as much as the statement that it leaves; the sink closes every path.
        graph: nx.DiGraph[int] = nx.DiGraph()
        for j, needed in enumerate(self.needs(plan)):
            graph.add_weighted_edges_from((i, j, weights[i]) for i in needed)
            graph.add_edge(j, len(weights), weight=weights[j])
        return float(nx.dag_longest_path_length(graph, weight="weight"))

    def weights(self, block: Block) -> list[float]:
        """Milliseconds that each statement of a block takes at the very best."""
        weights = [self._weight(s) for s in block.statements]
        plan = self._plans.get(id(block))
        if plan is None or self._sites.forbidden(plan.site) is not None:
            return weights
        return [_within(r) if r.several else w for r, w in zip(plan.rows, weights, strict=True)]

    def needs(self, plan: Plan) -> Iterator[list[int]]:
        """Of each statement of a planned block: the earlier ones that it must stay behind."""
        barrier: int | None = None  # the last statement that everything stays behind
        for j in range(len(plan.rows)):
            first = max(0, j - WINDOW)
            found = [i for i in range(first, j) if self._edge(plan, i, j)]
            yield [barrier, *found] if barrier is not None and barrier < first else found
            if plan.footprints[j].everything:
                barrier = j

    def _weight(self, statement: Statement) -> float:
        everything = self._footprints.waits(self._footprints.of(statement).calls)
        inner = [s for b in statement.blocks for s in b.statements]
        within = sum(self._footprints.waits(self._footprints.of(s).calls) for s in inner)
        return everything - within + sum(self.block(b) for b in statement.blocks)

    def _edge(self, plan: Plan, i: int, j: int) -> bool:
        first, member = plan.footprints[i], plan.rows[j].member
        if member is None:
            return _ordered(first, plan.footprints[j], self._footprints)
        statement = plan.site.block.statements[i]
        return blocking(Pair(statement, first, member, plan.around, self._footprints)) is not None


def _within(row: Row) -> float:
    """The shortest time of a statement that awaits several calls, in which some may overlap."""
    end = 0.0
    for start in row.several:
        ahead = start.member is not None and start.limit <= start.member.index
        end = max(end, start.waits) if ahead else end + start.waits
    return end


def _ordered(first: Footprint, second: Footprint, footprints: Footprints) -> bool:
    """Must ``second``, which is no single call, stay behind ``first`` (contract §3)?"""
    if first.everything or second.everything or first.controls or first.affine or second.affine:
        return True
    if conflict_of(first.effects, second.effects, footprints) is not None:
        return True
    if any(overlap(a, b) is not Overlap.NEVER for a in first.handles for b in second.handles):
        return True
    return first.raises and bool(visible_writes(second))
