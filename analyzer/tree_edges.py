"""The edges of a block as its critical path sees them, and as they are shown between calls."""

from __future__ import annotations

from collections.abc import Sequence

from .blocks import Plan
from .dependence import blocking, conflict_of
from .edges import Edge, EdgeKind, Pair
from .effects.model import MEMORY, describe, overlap
from .effects.selector import Overlap as Overlapping
from .footprint import Footprint, Footprints, visible_writes
from .work import Paths, Work, sites
from .work_trees import Dependence

#: Statements that an edge is looked for across; beyond it only barriers count, which keeps the time
#: linear in the block. An edge that is left out can only make the critical path shorter.
WINDOW = 60


def paths_of(
    plan: Plan, works: Sequence[Work], footprints: Footprints
) -> tuple[Paths, list[Dependence]]:
    """The longest path over the edges of a block, and the edges between calls.

    ``works``: for each statement what it waits for at best; it is one node.
    """
    needs: list[tuple[int, ...]] = []
    reasons: dict[tuple[int, int], Edge] = {}
    barrier: int | None = None  # the last statement that everything stays behind
    for j in range(len(works)):
        earlier = range(max(0, j - WINDOW), j)
        found: list[int] = []
        for i in earlier:
            edge = _edge(plan, i, j, footprints)
            if edge is not None:
                found.append(i)
                reasons[i, j] = edge
        if barrier is not None and barrier < earlier.start:
            found.append(barrier)
        needs.append(tuple(found))
        if plan.footprints[j].everything:
            barrier = j
    return Paths(tuple(works), tuple(needs)), _dependences(works, needs, reasons)


def _edge(plan: Plan, i: int, j: int, footprints: Footprints) -> Edge | None:
    first, member = plan.footprints[i], plan.rows[j].member
    if member is None:
        return _ordered(first, plan.footprints[j], footprints)
    statement = plan.site.block.statements[i]
    return blocking(Pair(statement, first, member, plan.around, footprints))


def _dependences(
    works: Sequence[Work],
    needs: Sequence[Sequence[int]],
    reasons: dict[tuple[int, int], Edge],
) -> list[Dependence]:
    """The edges between calls; what stands between them without waiting is passed through.

    An edge that follows from others is left out.
    """
    found: list[Dependence] = []
    ends: list[frozenset[int]] = []  # statements with calls that one waits for directly
    above: list[frozenset[int]] = []  # … and all that they wait for
    calls = [sorted(set(sites(work))) for work in works]
    for j, earlier in enumerate(needs):
        direct = frozenset[int]().union(*({i} if calls[i] else ends[i] for i in earlier))
        before = frozenset[int]().union(*(above[i] for i in direct))
        ends.append(direct - before)
        above.append(direct | before)
        if not calls[j]:
            continue
        for i in sorted(ends[j]):
            last = next(k for k in reversed(earlier) if k == i or i in ends[k])
            edge = reasons.get((last, j))
            kind, words = (edge.kind.value, edge.words) if edge else ("unknown", "")
            found.append(Dependence(calls[i][-1], calls[j][0], kind, words))
    return found


def _ordered(first: Footprint, second: Footprint, footprints: Footprints) -> Edge | None:
    """Why ``second``, which is no single call, stays behind ``first`` (contract §3)."""
    if first.everything or second.everything:
        return Edge(EdgeKind.UNKNOWN, first.everything or second.everything, 0)
    if first.controls:
        return Edge(EdgeKind.CONTROL, f"`{first.controls[0]}` may end the block", 0)
    if first.affine or second.affine:
        return Edge(EdgeKind.AFFINE, first.affine or second.affine, 0)
    if (met := conflict_of(first.effects, second.effects, footprints)) is not None:
        what = describe(met[0].resource)
        if met[0].resource.domain != MEMORY:
            return Edge(EdgeKind.EFFECT, f"touches {what}, and so does what is before", 0)
        flow = EdgeKind.FLOW if met[0].writes else EdgeKind.ANTI
        return Edge(
            flow,
            f"uses {what}, which is set before"
            if met[0].writes
            else f"sets {what}, which is used before",
            0,
        )
    if any(overlap(a, b) is not Overlapping.NEVER for a in first.handles for b in second.handles):
        return Edge(EdgeKind.EXCLUSIVE, "both use one exclusive handle", 0)
    if first.raises and visible_writes(second):
        return Edge(EdgeKind.FAILURE, "it must not run if what is before it fails", 0)
    return None
