"""Functions → planned blocks: where batches may stand, which calls they hold, what blocks others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .dependence import (
    Edge,
    EdgeKind,
    Member,
    Surroundings,
    blocking,
    early_raise,
    member_of,
    risk_key,
)
from .effects.inference import Inference
from .footprint import Footprint, Footprints
from .ir import Block, Define, Function, Invoke, Place, Statement, Use, Value
from .latency import waiting
from .schedule import WINDOW, Region, Row, regions

_FINE_MANAGERS = frozenset({"handle", "deadline", "suppress"})
_GATHERING = frozenset({
    "asyncio.gather", "asyncio.create_task", "asyncio.ensure_future", "asyncio.wait",
    "asyncio.as_completed", "asyncio.TaskGroup", "asyncio.TaskGroup.create_task",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """A block with what surrounds it: the compound statements it stands in, outermost first."""

    function: Function
    block: Block
    parents: tuple[tuple[Statement, Block], ...]
    bound: frozenset[str]


@dataclass(frozen=True, slots=True)
class Note:
    """An awaited call that stays behind an earlier one, and the edge that holds it there."""

    statement: Statement
    name: str
    earlier: Statement
    edge: Edge


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned for one block."""

    site: Site
    rows: tuple[Row, ...]
    footprints: tuple[Footprint, ...]
    regions: tuple[Region, ...]
    notes: tuple[Note, ...]
    around: Surroundings


class Planner:
    """Plans every block of a module."""

    def __init__(self, inference: Inference, *, unsafe: bool = False) -> None:
        self.inference = inference
        self.module = inference.module
        self.config = inference.config
        self.unsafe = unsafe
        self.footprints = Footprints(inference)

    def plans(self) -> Iterator[Plan]:
        for function in self.module.functions:
            if not function.is_async and function.name:
                continue
            reason = self._function_edge(function)
            for site in self._sites(function):
                if sum(_awaits(s) for s in site.block.statements) < 2:
                    continue
                edge = reason or self._manager_edge(site) or self._lock_edge(site)
                yield self._plan(site, edge)

    # -- where ---------------------------------------------------------------------------------

    def _function_edge(self, function: Function) -> Edge | None:
        line = function.span.line
        imports = self.module.imports
        if self.config.backend == "asyncio" and "asyncio" not in imports:
            for library in ("trio", "anyio"):
                if library in imports:
                    words = f"the file imports {library} and never asyncio; if it runs on " \
                            'asyncio, set `backend = "asyncio"`'  # fmt: skip
                    return Edge(EdgeKind.FRAMEWORK, words, 1)
        for name in self._decorators(function):
            kind = self.inference.resolver.types.decorators.get(name, "")
            if kind == "workflow":
                words = f"`{name}` makes it a durable workflow, whose calls replay in order"
                return Edge(EdgeKind.FRAMEWORK, words, line)
            if kind == "lock":
                return Edge(EdgeKind.MANAGER, f"`{name}` holds a lock or transaction around it", line)
        if function.name.startswith("test") and not self.config.include_tests:
            words = "it is a test, whose order is often its meaning (--include-tests)"
            return Edge(EdgeKind.CONTROL, words, line)
        return None

    def _decorators(self, function: Function) -> Iterator[str]:
        values = list(function.decorators)
        owner = self.module.classes.get(function.class_scope)
        if owner is not None:
            values.extend(owner.decorators)
        for value in values:
            if value.place is not None:
                yield self.decorator_name(value)

    def decorator_name(self, value: Value) -> str:
        assert value.place is not None
        resolver = self.inference.resolver
        call = self.module.calls.get(value.place.symbol)
        if call is not None:
            return resolver.call_name(call)
        return resolver.types.canonical(resolver.place_name(value.place))

    def _sites(self, function: Function) -> Iterator[Site]:
        start = frozenset(function.parameters)
        yield from self._nested(function, function.block, (), start)

    def _nested(self, function: Function, block: Block,
                parents: tuple[tuple[Statement, Block], ...], bound: frozenset[str]
                ) -> Iterator[Site]:  # fmt: skip
        if not block.inline:
            yield Site(function, block, parents, bound)
        for statement in block.statements:
            if statement.kind not in ("FunctionDef", "ClassDef"):
                gathering = [self._gathers(b) for b in statement.blocks]
                for inner in statement.blocks:
                    # The branch beside one that gathers is sequential on purpose (contract §5).
                    if statement.kind == "If" and any(gathering):
                        continue
                    header = bound | _header(statement, inner)
                    yield from self._nested(
                        function, inner, (*parents, (statement, inner)), header
                    )
            bound = bound | _binds(statement)

    def _gathers(self, block: Block) -> bool:
        return any(
            isinstance(event, Invoke)
            and self.inference.resolver.call_name(event.call) in _GATHERING
            for statement in block.statements
            for event in statement.events
        )

    def _manager_edge(self, site: Site) -> Edge | None:
        for statement, block in site.parents:
            if block.role != "with":
                continue
            for enter in statement.managers:
                kind = self.footprints.manager(enter.value)
                if kind not in _FINE_MANAGERS:
                    name = self.inference.resolver.type_of(enter.value) or self._written(enter.value)
                    what = f"is a {kind}" if kind else "is not known to be neither lock nor transaction"
                    unknown = "" if kind else name
                    words = f"line {statement.span.line}: `{name}` {what}"
                    return Edge(EdgeKind.MANAGER, words, statement.span.line, unknown)
        return None

    def _written(self, value: Value) -> str:
        if value.place is None:
            return "the manager"
        return self.decorator_name(value)

    def _lock_edge(self, site: Site) -> Edge | None:
        """Nothing is gathered between `acquire()` and `release()` (contract §3)."""
        held: Statement | None = None
        for statement in site.function.block.statements:
            for event in statement.events:
                if isinstance(event, Invoke) and event.call.method == "acquire":
                    held = statement
        if held is None:
            return None
        first = min((s.span.start for s in site.block.statements), default=0)
        released = [
            event.call.span.start
            for statement in site.function.block.statements
            for event in statement.events
            if isinstance(event, Invoke) and event.call.method == "release"
        ]
        if first >= held.span.start and any(r > first for r in released) or not released:
            words = f"line {held.span.line} acquires a lock or permit"
            return Edge(EdgeKind.MANAGER, words, held.span.line)
        return None

    # -- what ----------------------------------------------------------------------------------

    def surroundings(self, site: Site) -> Surroundings:
        handled = any(
            s.kind in ("Try", "TryStar") or any(
                self.footprints.manager(m.value) == "suppress" for m in s.managers
            )
            for s, _ in site.parents
        )  # fmt: skip
        module_level = not site.function.name
        return Surroundings(site.function.exposed, handled or module_level, self.unsafe)

    def _plan(self, site: Site, forbidden: Edge | None) -> Plan:
        around = self.surroundings(site)
        statements = site.block.statements
        prints = tuple(self.footprints.of(s) for s in statements)
        bound = site.bound
        rows: list[Row] = []
        for i, statement in enumerate(statements):
            rows.append(self._row(i, statements, prints, around, bound, forbidden))
            bound = bound | _binds(statement)
        raising = [self._raising(i, statements, rows) for i in range(len(rows))]
        found = () if forbidden else regions(
            rows, width=self.config.max_concurrency, min_gain=self.config.min_gain_ms,
            raising=raising,
        )  # fmt: skip
        found = tuple(r for r in found if not self._one_at_a_time(r, rows))
        notes = tuple(self._notes(statements, rows, found, forbidden))
        return Plan(site, tuple(rows), prints, found, notes, around)

    def _row(self, i: int, statements: Sequence[Statement], prints: Sequence[Footprint],
             around: Surroundings, bound: frozenset[str], forbidden: Edge | None) -> Row:  # fmt: skip
        statement = statements[i]
        waits = waiting(prints[i].calls, self.inference)
        member, edge = member_of(i, statement, self.footprints, bound)
        if member is None:
            return Row(waits, None, i, i, edge, statement.solo)
        own = blocking(statement, member.before, member, around, self.footprints)
        if own is not None or forbidden is not None:
            return Row(waits, None, i, i, forbidden or own, statement.solo)
        limit, edge = i, None
        strict: int | None = None
        if early_raise(statement, member.before, member, around):
            strict = i
        for k in range(i - 1, max(-1, i - WINDOW), -1):
            edge = blocking(statements[k], prints[k], member, around, self.footprints)
            if edge is not None:
                break
            if strict is None:
                early = early_raise(statements[k], prints[k], member, around)
                if early is not None:
                    strict = k + 1
            limit = k
        if strict is not None and edge is None and strict > limit:
            edge = early_raise(statements[strict - 1], prints[strict - 1], member, around)
        if any(a.star for a in member.call.arguments) and member.risks:
            strict = i  # what `*args` hands over cannot be evaluated ahead under a name
        return Row(waits, member, limit, limit if strict is None else max(strict, limit), edge,
                   statement.solo)  # fmt: skip

    def _raising(self, first: int, statements: Sequence[Statement], rows: Sequence[Row]
                 ) -> frozenset[int]:  # fmt: skip
        shown = {risk_key(e) for e in ahead(statements[first])}
        found: set[int] = set()
        for k in range(first + 1, min(len(rows), first + WINDOW)):
            member = rows[k].member
            if member is not None and any(risk_key(e) not in shown for e in member.risks):
                found.add(k)
        return frozenset(found)

    def _one_at_a_time(self, region: Region, rows: Sequence[Row]) -> bool:
        """One server that handles one request at a time gains nothing (contract §6)."""
        from fnmatch import fnmatchcase

        first = rows[region.first].member
        if first is None:
            return False
        names = [m.facts.name for m in (first, *region.moved)]
        return any(
            limit.max_concurrency == 1 and all(fnmatchcase(n, limit.match) for n in names)
            for limit in self.config.limits
        )

    def _notes(self, statements: Sequence[Statement], rows: Sequence[Row],
               found: Sequence[Region], forbidden: Edge | None) -> Iterator[Note]:  # fmt: skip
        moved = {m.index for r in found for m in r.moved}
        covered = {i for r in found for i in range(r.first, r.last + 1)}
        previous: int | None = None
        for i, row in enumerate(rows):
            if not _awaits(statements[i]):
                continue
            if previous is not None and i not in moved and not (i in covered and previous in covered):
                edge = forbidden or self._why(previous, i, statements, rows)
                if edge is not None:
                    name = row.member.facts.name if row.member else self._awaited_name(statements[i])
                    yield Note(statements[i], name, statements[previous], edge)
            previous = i

    def _why(self, previous: int, i: int, statements: Sequence[Statement], rows: Sequence[Row]
             ) -> Edge | None:  # fmt: skip
        row = rows[i]
        if row.edge is not None:
            return row.edge
        return None

    def _awaited_name(self, statement: Statement) -> str:
        for event in statement.events:
            if isinstance(event, Invoke) and event.call.awaited:
                return self.inference.facts(event.call).name
        return "await"


def ahead(statement: Statement) -> Iterator[object]:
    """What a statement evaluates before it does anything: events ahead of its first action."""
    for event in statement.events:
        if isinstance(event, Invoke) or event.guarded:
            return
        yield event


def _awaits(statement: Statement) -> bool:
    return any(isinstance(e, Invoke) and e.call.awaited for e in statement.events)


def _binds(statement: Statement) -> frozenset[str]:
    """Names that are bound for certain once the statement has run."""
    if statement.kind in ("Try", "TryStar", "While", "For"):
        return frozenset()
    if statement.kind == "Del":
        return frozenset()
    return frozenset(e.symbol for e in statement.events if isinstance(e, Define) and not e.guarded)


def _header(statement: Statement, inner: Block) -> frozenset[str]:
    """Names that the statement's header binds before ``inner`` runs."""
    first = inner.statements[0].events[0] if inner.statements and inner.statements[0].events else None
    names: set[str] = set()
    if statement.kind in ("With", "For") and inner.role in ("with", "loop"):
        for event in statement.events:
            if event is first or (first is not None and replace(first, guarded=True) == event
                                  and inner.role == "loop"):  # fmt: skip
                break
            if isinstance(event, Define):
                names.add(event.symbol)
    return frozenset(names)


__all__ = ["Note", "Place", "Plan", "Planner", "Site", "Use", "ahead"]
