"""Analysis + findings → what each function waits for: now, after the rewrite, and at best.

Each function becomes three trees (:mod:`.work`) over one table of call sites. What a `with`, a
`try` or a branch holds counts where it stands; handlers of exceptions count as not run. Which
branch is taken, and how many turns a loop takes, is assumed here and replaced by what traces tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .blocks import Plan
from .checks import Limit
from .comprehensions import Comprehension
from .effects.awaitables import handed
from .engine import Analysis, Analyzed
from .findings import calls_of
from .ir import Block, Call, Event, Function, Invoke, Span, Statement
from .latency import latency_known
from .limits import limits_of
from .loop_blocks import blocked_in_turns
from .schedule import Region, Row
from .thread_members import THREAD_MS
from .tree_edges import paths_of
from .turn_plans import LoopPlan
from .turns import count_of
from .work import NOTHING, Choice, Leaf, Overlap, Repeat, Step, Work, part, seq, sites
from .work_trees import (
    ASSUMED,
    LITERAL,
    BlockTree,
    Dependence,
    FileTrees,
    FunctionTree,
    GroupTree,
    TimedCall,
)


def trees(analysis: Analysis, result: Analyzed) -> FileTrees:
    """What ``result`` would write: its findings are the batches."""
    shared = _Shared(analysis, result)
    found: list[FunctionTree] = []
    for function in sorted(analysis.module.functions, key=lambda f: f.span.start):
        tree = _Builder(shared, function).tree()
        if tree is not None:
            found.append(tree)
    named = tuple((f.code, f.span.start) for f in result.findings)
    return FileTrees(result.filename, tuple(found), named)


class _Shared:
    """What the functions of a file share: plans by block, and what of them is written."""

    def __init__(self, analysis: Analysis, result: Analyzed) -> None:
        self.analysis = analysis
        self.inference = analysis.inference
        self.planner = analysis.planner
        self.footprints = analysis.planner.footprints
        self.config = analysis.inference.config
        self.plans = {id(plan.site.block): plan for plan in analysis.plans}
        self.numbers = {
            (f.code, f.calls[0].span.start, len(f.calls)): i
            for i, f in enumerate(result.findings)
            if f.calls
        }
        self.threads = {id(plan.site.block): plan for plan in analysis.planner.threads}
        self.blocked = {
            call: ms for plan in self.threads.values() for call, ms in plan.waits.items()
        } | blocked_in_turns(analysis.planner)
        self.loops: dict[int, tuple[LoopPlan, int]] = {}
        for loop in analysis.planner.loops:
            number = self._number(loop.code, [m.call for m in loop.members])
            if number >= 0:
                self.loops[id(loop.comprehension or loop.statement)] = (loop, number)

    def regions(self, block: Block) -> list[tuple[Plan, Region, int]]:
        """The regions of a block that a finding offers, in order."""
        found: list[tuple[Plan, Region, int]] = []
        for table in (self.plans, self.threads):
            plan = table.get(id(block))
            for region in plan.regions if plan is not None else ():
                assert plan is not None
                number = self._number(region.code, calls_of(plan, region))
                if number >= 0:
                    found.append((plan, region, number))
        return sorted(found, key=lambda item: item[1].first)

    def _number(self, code: str, calls: Sequence[Call]) -> int:
        first = calls[0].await_span or calls[0].span
        return self.numbers.get((code, first.start, len(calls)), -1)


class _Builder:
    """Builds the trees of one function."""

    def __init__(self, shared: _Shared, function: Function) -> None:
        self.shared = shared
        self.function = function
        self.sites: list[TimedCall] = []
        self.places: dict[int, int] = {}
        self.groups: list[GroupTree] = []
        self.blocks: list[BlockTree] = []
        self.edges: list[Dependence] = []
        self.comprehensions = [
            c for c in shared.analysis.module.comprehensions
            if function.span.start <= c.span.start < function.span.end
        ]  # fmt: skip

    def tree(self) -> FunctionTree | None:
        function = self.function
        before, after, best = self._block(function.block)
        if not self.sites:
            return None
        module = self.shared.analysis.module.name or "__main__"
        name = function.qualname or "<module>"
        return FunctionTree(
            name, ".".join(filter(None, (module, function.qualname))), function.span,
            tuple(self.sites), before, after, best,
            tuple(self.groups), tuple(self.blocks), tuple(self.edges),
        )  # fmt: skip

    # -- blocks --------------------------------------------------------------------------------

    def _block(self, block: Block) -> tuple[Work, Work, Work]:
        """The trees of a block: now, after the rewrite, at best."""
        made = [self._statement(s) for s in block.statements]
        before = seq(*(m[0] for m in made))
        regions = self.shared.regions(block)
        after: list[Work] = []
        i = 0
        for plan, region, number in regions:
            after += [m[1] for m in made[i : region.first]]
            after.append(self._region(plan, region, number, made))
            i = region.last + 1
        after += [m[1] for m in made[i:]]
        plan = self.shared.plans.get(id(block))
        best = seq(*(m[2] for m in made))
        if plan is not None and self.shared.planner.sites.forbidden(plan.site) is None:
            best = self._paths(plan, [m[2] for m in made])
        if plan is not None:
            first, last = block.statements[0].span, block.statements[-1].span
            span = Span(first.start, last.end, first.line, first.column, last.end_line,
                        last.end_column)  # fmt: skip
            self.blocks.append(BlockTree(span, before, seq(*after), best))
        return before, seq(*after), best

    def _region(
        self, plan: Plan, region: Region, number: int, made: Sequence[tuple[Work, Work, Work]]
    ) -> Work:
        """What a region becomes: what it starts ahead, and what stays in its place."""
        moved = {m.call.id for m in region.moved}
        in_chain = {i: chain for chain in region.chains for i in range(chain.begin, chain.end + 1)}
        steps: list[Step] = []
        chained: list[Work] = []
        for i in range(region.first, region.last + 1):
            statement, chain = plan.site.block.statements[i], in_chain.get(i)
            if chain is not None:
                chained.append(made[i][1])
                if i == chain.end:
                    steps.append(Step(seq(*chained), ahead=True))
                    chained = []
            elif statement.blocks:
                steps.append(Step(made[i][1], ahead=False))
            else:
                steps += self._steps(statement, moved)
        steps = [step for step in steps if step.work != NOTHING]
        threaded = region.code == "PX102"
        after = Overlap(tuple(steps), THREAD_MS if threaded else 0.0, number)
        before = seq(*(made[i][0] for i in range(region.first, region.last + 1)))
        width = min(len(moved) + 1, sum(s.ahead for s in steps) + 1)
        self.groups.append(GroupTree(number, before, after, width))
        return after

    def _steps(self, statement: Statement, moved: set[int]) -> list[Step]:
        return [
            Step(self._call(call), call.id in moved) for call in self._waiting(statement.events)
        ]

    def _paths(self, plan: Plan, works: Sequence[Work]) -> Work:
        """The longest path over the edges of a block; a statement is one node, as long as its own
        best."""
        nodes = list(works)
        for j, row in enumerate(plan.rows):
            if row.several:
                nodes[j] = self._within(plan.site.block.statements[j], row)
        paths, edges = paths_of(plan, nodes, self.shared.footprints)
        self.edges += edges
        return paths

    def _within(self, statement: Statement, row: Row) -> Work:
        """The shortest time of a statement that awaits several calls, some of which may overlap."""
        calls = self._waiting(statement.events)
        ahead = {
            start.member.call.id
            for start in row.several
            if start.member is not None and start.limit <= start.member.index
        }
        return Overlap(tuple(Step(self._call(call), call.id in ahead) for call in calls))

    # -- statements ----------------------------------------------------------------------------

    def _statement(self, statement: Statement) -> tuple[Work, Work, Work]:
        at = statement.blocks[0].at if statement.blocks else len(statement.events)
        # the condition of a `while` is asked in each turn, `_turns` knows how often
        certain = statement.kind == "While"
        header, turned, freed = self._events(statement.events[:at], certain=certain)
        if not statement.blocks:
            return header, turned, freed
        turned, freed = self._header(statement, (header, turned, freed))
        inner = [(block, self._block(block)) for block in statement.blocks]
        match statement.kind:
            case "If" | "Match":
                return _three((header, turned, freed), [self._branches(inner, k) for k in range(3)])
            case "For" | "While":
                turns = self._turns(statement, (header, turned, freed), inner[0][1])
                rest = [seq(*(t[k] for _, t in inner[1:])) for k in range(3)]
                return seq(turns[0], rest[0]), seq(turns[1], rest[1]), seq(turns[2], rest[2])
            case _:
                run = [t for block, t in inner if block.role != "handler"]
                return _three(
                    (header, turned, freed), [seq(*(t[k] for t in run)) for k in range(3)]
                )

    def _header(self, statement: Statement, made: tuple[Work, Work, Work]) -> tuple[Work, Work]:
        """The header of a compound statement after the rewrite and at best: a block of its own."""
        _, after, best = made
        for header in statement.headers:
            for plan, region, number in self.shared.regions(header.block):
                after = self._region(plan, region, number, [made])
                best = self._within(header.block.statements[0], plan.rows[0])
        return after, best

    def _branches(self, inner: Sequence[tuple[Block, tuple[Work, Work, Work]]], k: int) -> Work:
        """Each branch of an `if` or a `match` is taken as often as the others, none as well."""
        options = [trees[k] for _, trees in inner]
        total = any(block.role == "orelse" or block.always for block, _ in inner)
        if not total:
            options.append(NOTHING)
        if all(option == NOTHING for option in options):
            return NOTHING
        return Choice(tuple((1 / len(options), option) for option in options), ASSUMED)

    def _turns(
        self, statement: Statement, header: tuple[Work, Work, Work], body: tuple[Work, Work, Work]
    ) -> tuple[Work, Work, Work]:
        """A loop; of a `while` the condition is asked in each turn."""
        if statement.kind == "While":
            turn = _three(header, body)
            if turn[0] == NOTHING:
                return turn
            count = float(self.shared.config.assume_iterations)
            now, then, best = (Repeat(work, count, ASSUMED) for work in turn)
            return now, then, best
        value = statement.turns.value if statement.turns is not None else None
        exact = None if value is None else count_of(value, self.shared.inference)
        planned = self.shared.loops.get(id(statement))
        return _three(header, self._repeated(body, *self._count(exact), planned))

    def _count(self, exact: int | None) -> tuple[float, str]:
        if exact is None:
            return float(self.shared.config.assume_iterations), ASSUMED
        return float(exact), LITERAL

    def _repeated(
        self,
        body: tuple[Work, Work, Work],
        count: float,
        source: str,
        planned: tuple[LoopPlan, int] | None,
    ) -> list[Work]:
        if body[0] == NOTHING:
            return [NOTHING] * 3
        before, after, best = (Repeat(work, count, source) for work in body)
        if planned is None:
            return [before, after, best]
        loop, number = planned
        if not loop.threads:
            after = replace(after, width=loop.width, number=number)
            self.groups.append(GroupTree(number, before, after, loop.width))
            return [before, after, replace(best, width=0)]
        # What else blocks in a turn does so turn by turn, as it did.
        moved = {self.places[m.call.id] for m in loop.members}
        ahead, *others = (part(work, moved) for work in body)
        then = Repeat(others[0], count, source, loop.width, number, THREAD_MS)
        self.groups.append(GroupTree(number, Repeat(ahead, count, source), then, loop.width))
        left = [part(work, set(sites(work)) - moved) for work in body[1:]]
        stays = [Repeat(work, count, source) if work != NOTHING else NOTHING for work in left]
        return [before, seq(then, stays[0]), seq(Repeat(others[1], count, source, 0), stays[1])]

    # -- calls ---------------------------------------------------------------------------------

    def _events(self, events: Sequence[Event], *, certain: bool = False) -> tuple[Work, Work, Work]:
        """The calls of a simple statement, or of a header, in order."""
        trees: list[tuple[Work, Work, Work]] = []
        done: set[int] = set()
        for call in self._waiting(events):
            if call.id in done:
                continue
            one = self._comprehension(call)
            if one is None:
                work = self._call(call, certain=certain)
                trees.append((work, work, work))
                continue
            inside = [c for c in self._waiting(events) if self._comprehension(c) is one]
            done.update(c.id for c in inside)
            body = seq(*(self._call(c, certain=True) for c in inside))
            count, source = self._count(count_of(one.turns.value, self.shared.inference))
            planned = self.shared.loops.get(id(one))
            before, after, best = self._repeated((body, body, body), count, source, planned)
            trees.append((before, after, best))
        return seq(*(t[0] for t in trees)), seq(*(t[1] for t in trees)), seq(*(t[2] for t in trees))

    def _comprehension(self, call: Call) -> Comprehension | None:
        """The comprehension that makes a call once for each element."""
        for one in self.comprehensions:
            if any(isinstance(e, Invoke) and e.call.id == call.id
                   for e in (*one.tests, *one.making)):  # fmt: skip
                return one
        return None

    def _waiting(self, events: Iterable[Event]) -> list[Call]:
        """The calls that wait: awaited ones, and blocking ones that threads could make."""
        return [
            e.call for e in events
            if isinstance(e, Invoke) and (e.call.awaited or e.call.id in self.shared.blocked)
        ]  # fmt: skip

    def _call(self, call: Call, *, certain: bool = False) -> Work:
        work = self._awaited(call)
        if call.guarded and not certain and work != NOTHING:
            return Choice(((0.5, work), (0.5, NOTHING)), ASSUMED)
        return work

    def _awaited(self, call: Call) -> Work:
        """A call that runs awaitables, as `asyncio.gather` does, is what these do together."""
        inference = self.shared.inference
        facts = inference.facts(call)
        if facts.entry is not None and facts.entry.transparent and not facts.everything:
            made = [c for c in handed(inference, facts.entry, call) if c is not None]
            if made:
                return _together([self._leaf(c) for c in made])
        return self._leaf(call)

    def _leaf(self, call: Call) -> Leaf:
        if call.id not in self.places:
            shared = self.shared
            facts = shared.inference.run(call) if not call.awaited and \
                call.id not in shared.blocked else shared.inference.facts(call)  # fmt: skip
            target = next((t for t in shared.inference.callees.targets(call) if t.function), None)
            self.places[call.id] = len(self.sites)
            self.sites.append(
                TimedCall(
                    facts.name,
                    call.await_span or call.span,
                    latency_known(facts, shared.blocked.get(call.id)),
                    call.span.line,
                    call.span.column,
                    facts.name if target is not None else "",
                    _narrowest(limits_of(shared.inference, call)),
                )
            )  # fmt: skip
        return Leaf(self.places[call.id])


def _narrowest(limits: Sequence[Limit]) -> tuple[str, int] | None:
    found = min(limits, key=lambda limit: limit.max_concurrency, default=None)
    return None if found is None else (found.name, found.max_concurrency)


def _together(works: Sequence[Work]) -> Work:
    if len(works) == 1:
        return works[0]
    return Overlap(tuple(Step(work, i > 0) for i, work in enumerate(works)))


def _three(first: tuple[Work, Work, Work], then: Sequence[Work]) -> tuple[Work, Work, Work]:
    return seq(first[0], then[0]), seq(first[1], then[1]), seq(first[2], then[2])
