"""Why calls are not run as chains that would gain something (PX106): notes, nothing is planned.

The block is planned once more with chains that are none: runs of statements of which one may not
move, or may not begin so early. Where the best plan holds such a run, it would have gained; what
was overlooked for it is the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .chain_links import LONGEST, Chain, Link, Links, private
from .dependence import FINDERS, failure_edge
from .edges import Edge, EdgeKind, Member, Pair
from .effects.model import MEMORY, describe
from .footprint import visible_writes
from .ir import Define, Invoke, Statement
from .moved_blocks import awaited_members, swallows, unfit, unreadable
from .schedule import Region, regions
from .woven import Woven, woven

if TYPE_CHECKING:
    from .blocks import Plan, Planner

MOST = 2  # statements that may not move: with more of them, what is told of one helps little
LEAST = 3  # waiting statements: two are a pair, which is no chain


@dataclass(frozen=True, slots=True)
class ChainNote:
    """A chain that is none: where it begins, its first call, what it would run beside, and why."""

    statement: Statement
    call: Member
    earlier: Statement
    edge: Edge
    sequential_ms: float
    parallel_ms: float


class _Nearly(Links):
    """The chains of a block, and those that only one thing keeps from being one."""

    def __init__(self, planner: Planner, plan: Plan) -> None:
        super().__init__(planner, plan.site, plan.footprints, plan.around)
        self.finders = [find for find in FINDERS if find is not failure_edge]
        self._refusals: dict[int, Edge] = {}  # by statement
        self._refused: Edge | None = None  # of the chain that is looked at

    def refused_at(
        self, j: int, last: Member | None, solo: Collection[int]
    ) -> Iterator[tuple[Chain, Edge]]:
        """The runs that end with statement ``j`` and are no chains, with the reason of each."""
        several = last is not None
        if not several and self._link(j) is None:
            return
        wrong = 0
        for i in range(j - 1 if several else j, max(-1, j - LONGEST), -1):
            if i not in solo or self._link(i) is None:
                break
            wrong += i in self._refusals
            if wrong > MOST:
                break
            self._refused = None
            chain = self._chain(i, j, last)
            if chain is not None:
                end = j + 1 if chain.whole else j
                inside = (self._refusals[k] for k in range(i, end) if k in self._refusals)
                edge = next(inside, self._refused)
                if edge is not None:
                    yield chain, edge

    # -- what is overlooked --------------------------------------------------------------------

    def _made(self, i: int) -> Link | None:
        link = super()._made(i)
        if link is not None:
            return link
        statement, does = self.statements[i], self.prints[i]
        edge = self._why(i) if statement.solo and not does.controls else None
        if edge is None:
            return None
        self._refusals[i] = edge
        scope = self.site.function.scope
        binds = dict.fromkeys(
            e.symbol for e in statement.events
            if isinstance(e, Define) and e.symbol.startswith(f"{scope}:")
        )  # fmt: skip
        members = self._members(i) or awaited_members(i, statement, self.footprints)
        return Link(statement, tuple(binds), tuple(members), does, statement.events)

    def _why(self, i: int) -> Edge | None:
        """Why a statement may not move, if it is one that can be told."""
        statement, does = self.statements[i], self.prints[i]
        line = statement.span.line

        def edge(kind: EdgeKind, words: str, call: str = "") -> Edge:
            where = "" if f"line {line}" in words else f" (line {line})"
            return Edge(kind, words + where, line, call)

        if does.everything:
            kind = EdgeKind.UNKNOWN if does.everything_call else EdgeKind.CONTROL
            return edge(kind, does.everything, does.everything_call)
        if does.affine:
            return edge(EdgeKind.AFFINE, f"`{does.affine}` must stay in its task")
        text = self.inference.text
        strange = unfit(statement, self.sites) or unreadable(statement, text, self.module_names)
        if strange:
            return edge(EdgeKind.CONTROL, strange)
        if self._binds(statement) is None:
            return edge(EdgeKind.CONTROL, self._seen(statement))
        members = self._members(i)
        if members is None:
            return edge(EdgeKind.CONTROL, "its calls cannot be made by a function of its own")
        own = {m.call.id for m in members}
        beside = self.footprints.of_events(
            e for e in statement.events if not (isinstance(e, Invoke) and e.call.id in own)
        )
        shown = visible_writes(beside, self.around) or [
            e for e in beside.effects if e.resource.domain != MEMORY
        ]
        return edge(EdgeKind.FAILURE, f"it changes {describe(shown[0].resource)}") \
            if shown else None  # fmt: skip

    def _seen(self, statement: Statement) -> str:
        """Which name others see that a statement binds, or may not bind."""
        scope = self.site.function.scope
        for event in statement.events:
            if isinstance(event, Define) and not event.symbol.startswith(f"{scope}.<comp>"):
                name = event.symbol.rpartition(":")[2]
                if not event.symbol.startswith(f"{scope}:"):
                    return f"`{name}` is no name of the function alone"
                if event.guarded and not statement.blocks:
                    return f"it may not bind `{name}`"
                if event.symbol in self.site.function.exposed or self.around.sees(event.symbol):
                    return f"another function, a handler or a `finally` may see `{name}`"
        return "a name that it binds may be unbound again"

    def _refuses(self, _k: int, _words: str) -> bool:
        line = self.statements[_k].span.line
        self._refused = self._refused or Edge(EdgeKind.CONTROL, f"{_words} (line {line})", line)
        return False

    def _limit(
        self, i: int, links: Sequence[Link], final: Sequence[Member], own: frozenset[str]
    ) -> int:
        limit = super()._limit(i, links, final, own)
        if self._refused is None:
            failing = (self._failing(k, links, final, own) for k in range(i - 1, limit - 1, -1))
            self._refused = next((edge for edge in failing if edge is not None), None)
        return limit

    def _failing(
        self, k: int, links: Sequence[Link], final: Sequence[Member], own: frozenset[str]
    ) -> Edge | None:
        """Must a call of a chain not run if statement ``k`` fails?"""
        statement, earlier = self.statements[k], self.prints[k]
        if swallows(statement, self.footprints):
            return None
        for member in (*(m for link in links for m in link.members), *final):
            later = replace(member, footprint=private(member.footprint, own))
            edge = failure_edge(Pair(statement, earlier, later, self.around, self.footprints))
            if edge is not None:
                return edge
        return None


def chain_notes(planner: Planner, plan: Plan) -> Iterator[ChainNote]:
    """What a block would gain by chains that are none, in source order."""
    rows, statements = plan.rows, plan.site.block.statements
    waiting = sum(row.waits > 0 for row in rows)
    if not planner.chains or not plan.site.function.name or waiting < LEAST:
        return
    if planner.sites.forbidden(plan.site) is not None:
        return
    config = planner.config
    real = planner.chains_of(plan.site, rows, plan.footprints, plan.around)
    nearly = _Nearly(planner, plan)
    solo = frozenset(i for i, row in enumerate(rows) if row.solo)
    refused: dict[int, Edge] = {}  # by what `id` says of a chain
    offered: dict[int, Sequence[Chain]] = dict(real)
    for k, row in enumerate(rows):
        if k > 0 and row.waits > 0 and row.solo:
            known = {(chain.begin, chain.limit) for chain in real.get(k, ())}
            found = [
                (chain, edge) for chain, edge in nearly.refused_at(k, row.member, solo)
                if (chain.begin, chain.limit) not in known
                and any(rows[n].waits > 0 for n in range(chain.limit, chain.begin))
            ]  # fmt: skip
            offered[k] = (*real.get(k, ()), *(chain for chain, _ in found))
            refused |= {id(chain): edge for chain, edge in found}
    for cross in woven(
        plan, Links(planner, plan.site, plan.footprints, plan.around),
        width=config.max_concurrency, min_gain=config.min_gain_ms,
    ):  # fmt: skip
        yield _of_woven(planner, plan, cross)
    if not refused:
        return
    best = regions(
        rows, width=config.max_concurrency, min_gain=config.min_gain_ms, chains=offered,
        raising=[planner.raising(i, statements, rows) for i in range(len(rows))],
    )  # fmt: skip
    for region in best:
        for chain in region.chains:
            edge = refused.get(id(chain))
            if edge is not None:
                lines = _lines(statements, range(chain.begin, chain.end + 1))
                words = f"{lines} would be a chain beside it, but {edge.words}"
                yield ChainNote(
                    statements[chain.begin], chain.members[0], statements[region.first],
                    replace(edge, words=words), *_times(plan, region),
                )  # fmt: skip


def _of_woven(planner: Planner, plan: Plan, cross: Woven) -> ChainNote:
    statements = plan.site.block.statements
    step, between, after = (statements[k] for k in (cross.step, cross.between, cross.next))
    line = between.span.line
    words = f"with line {step.span.line} it would be a chain, but line {line} stands between them"
    kind = EdgeKind.CONTROL
    if plan.footprints[cross.between].raises and plan.footprints[cross.next].raises:
        kind = EdgeKind.FAILURE
        words += f", and its failure would be raised in place of one of line {line}"
    member = awaited_members(cross.next, after, planner.footprints)[0]
    return ChainNote(after, member, between, Edge(kind, words, line), cross.now_ms, cross.chains_ms)


def _lines(statements: Sequence[Statement], indexes: Sequence[int]) -> str:
    first = statements[indexes[0]].span.line
    last = statements[indexes[-1]].span.end_line
    if first == last:
        return f"line {first}"
    return f"lines {first} {'and' if last == first + 1 else 'to'} {last}"


def _times(plan: Plan, region: Region) -> tuple[float, float]:
    """How long the statements of a region take now, and would take."""
    saved = sum(
        r.sequential_ms - r.parallel_ms for r in plan.regions
        if region.first <= r.last and r.first <= region.last
    )  # fmt: skip
    return max(region.sequential_ms - saved, region.parallel_ms), region.parallel_ms
