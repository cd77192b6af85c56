"""Where batches may stand: the blocks of a module, what surrounds each, and what forbids it.

Context only, no scheduling: the planner and the validator both ask here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .aftermath import Surroundings, unseen
from .bound import Bound
from .edges import Edge, EdgeKind
from .effects.inference import Inference
from .effects.own_managers import opens_handle
from .ending import Reach
from .footprint import Footprints
from .gathering import GATHERING
from .headers import header_of
from .ir import Block, Enter, Function, Invoke, Statement, Value
from .thread_functions import ThreadFunctions

_FINE_MANAGERS = frozenset({"handle", "opened", "deadline", "suppress"})
_TAKING = frozenset({"acquire", "__aenter__", "__enter__"})
_GIVING = frozenset({"release", "__aexit__", "__exit__"})


@dataclass(frozen=True, slots=True)
class Site:
    """A block with the compound statements it stands in, outermost first.

    ``bound`` are the local symbols that are bound for certain when the block begins.
    """

    function: Function
    block: Block
    parents: tuple[tuple[Statement, Block], ...]
    bound: frozenset[str]


class Sites:
    """The blocks of a module in which calls may be run together, and the context of each."""

    def __init__(
        self, inference: Inference, footprints: Footprints, *, unsafe: bool = False
    ) -> None:
        self.inference = inference
        self.module = inference.module
        self.config = inference.config
        self.footprints = footprints
        self.unsafe = unsafe
        self.reach = Reach(footprints)
        self.threads = ThreadFunctions()
        self._forbidden: dict[int, Edge | None] = {}
        self._bound: dict[int, dict[str, int]] = {}

    def all(self, *, blocking: bool = False) -> Iterator[Site]:
        """Every block of an ``async def``, or of the module's top level.

        ``blocking``: of each other function too.
        """
        for function in self.module.functions:
            if blocking or function.is_async or not function.name:
                bound = self.footprints.unbound.at_entry(function)
                yield from self._nested(function, function.block, (), bound)

    def looked_at(self, line: int) -> bool:
        """Is the code of a line searched at all, with these settings?

        Not in tests, durable workflows, files of another framework, …, and not beside a branch that
        gathers.
        """
        functions = [f for f in self.module.functions if f.span.line <= line <= f.span.end_line]
        inner = max(functions, key=lambda f: (f.span.start, bool(f.name)))
        return self.function_edge(inner) is None and not self._in_choice(inner.block, line)

    def _in_choice(self, block: Block, line: int) -> bool:
        around = [s for s in block.statements if s.span.line <= line <= s.span.end_line]
        return any(
            self._chosen(s) or any(self._in_choice(b, line) for b in s.blocks) for s in around
        )

    def forbidden(self, site: Site) -> Edge | None:
        """Why nothing may be run together in this block."""
        key = id(site.block)
        if key not in self._forbidden:
            self._forbidden[key] = (
                self.function_edge(site.function)
                or self._cell_edge(site)
                or self._manager_edge(site)
                or self._lock_edge(site)
                or self._header_edge(site)
            )
        return self._forbidden[key]

    def bound_at(self, site: Site, index: int) -> Bound:
        """The local symbols that are bound for certain when statement ``index`` begins."""
        table = self._bound.get(id(site.block))
        if table is None:
            table = self._bound[id(site.block)] = dict.fromkeys(site.bound, -1)
            for i, statement in enumerate(site.block.statements):
                for symbol in self.footprints.binding.binds(statement):
                    table.setdefault(symbol, i)
        return Bound(table, index, not site.function.name)

    def within(self, site: Site, statement: Statement, block: Block) -> Site:
        """The site of one of a statement's own blocks."""
        index = next(i for i, s in enumerate(site.block.statements) if s is statement)
        known = self.bound_at(site, index)
        bound = frozenset(symbol for symbol in known.table if symbol in known)
        bound |= self.footprints.binding.entering(statement, block)
        return Site(site.function, block, (*site.parents, (statement, block)), bound)

    def surroundings(self, site: Site) -> Surroundings:
        handled = any(self._handled(s) for s, _ in site.parents)
        module_level = not site.function.name
        return Surroundings(
            site.function.exposed,
            handled or module_level,
            self.reach.ends(site.function, [s for s, _ in site.parents]),
            self.unsafe,
            unseen(self.module, site.function, site.parents, self._handled)
            if handled and not module_level
            else frozenset(),
        )

    def _handled(self, statement: Statement) -> bool:
        """May a failure in a compound statement be caught, or be followed by something, there?"""
        return statement.kind in ("Try", "TryStar") or any(
            self._kind(m.value) in ("suppress", "deadline", "opened") for m in statement.managers
        )

    def _kind(self, value: Value) -> str:
        """The kind of a manager, "opened" if it is one of the project that opens a handle."""
        known = self.footprints.manager(value)
        return known or ("opened" if opens_handle(self.inference, value) else "")

    # -- context -------------------------------------------------------------------------------

    def function_edge(self, function: Function) -> Edge | None:
        """Why nothing may be run together anywhere in a function."""
        line = function.span.line
        imports = self.module.imports
        if self.config.backend == "asyncio" and "asyncio" not in imports:
            for library in ("trio", "anyio"):
                if library in imports:
                    words = f"the file imports {library} and never asyncio; if it runs on " \
                            'asyncio, set `backend = "asyncio"`'  # fmt: skip
                    return Edge(EdgeKind.FRAMEWORK, words, 1)
        if self.module.other_loop and self.config.backend == "asyncio":
            return Edge(EdgeKind.FRAMEWORK, self.module.fixed, line)
        if self.module.respelled:
            words = f"`{self.module.respelled}` means another name (mangled, or normalised to NFKC)"
            return Edge(EdgeKind.CONTROL, words, line)
        for name in self.decorators(function):
            kind = self.inference.resolver.types.decorators.get(name, "")
            if kind == "workflow":
                words = f"`{name}` makes it a durable workflow, whose calls replay in order"
                return Edge(EdgeKind.FRAMEWORK, words, line)
            if kind == "lock":
                words = f"`{name}` holds a lock, permit or transaction around it"
                return Edge(EdgeKind.MANAGER, words, line)
            if self._own_lock(name):
                words = f"`{name}` of this file takes a lock or permit around it"
                return Edge(EdgeKind.MANAGER, words, line)
        if function.scope in self.module.introspects:
            words = (
                "it looks at its own names (`locals()`, `eval`, a frame), and would see new ones"
            )
            return Edge(EdgeKind.CONTROL, words, line)
        if function.name.startswith("test") and not self.config.include_tests:
            words = "it is a test, whose order is often its meaning (--include-tests)"
            return Edge(EdgeKind.CONTROL, words, line)
        return None

    def _own_lock(self, name: str) -> bool:
        """Does a decorator that is defined in this file enter a lock, or acquire one?"""
        prefix = f"{self.inference.resolver.module_name}."
        own = name.removeprefix(prefix)
        if own == name:
            return False
        for function in self.module.functions:
            if function.qualname != own and not function.qualname.startswith(f"{own}."):
                continue
            for statement in function.block.statements:
                for event in statement.events:
                    if isinstance(event, Invoke) and event.call.method in _TAKING:
                        return True
                    if isinstance(event, Enter) and \
                            self.footprints.manager(event.value) not in _FINE_MANAGERS:  # fmt: skip
                        return True
        return False

    def decorators(self, function: Function) -> Iterator[str]:
        """Qualified names of a function's decorators, and of those of its class."""
        values = list(function.decorators)
        owner = self.module.classes.get(function.class_scope)
        if owner is not None:
            values.extend(owner.decorators)
        for value in values:
            if value.place is not None:
                yield self.written_name(value)

    def written_name(self, value: Value) -> str:
        """The qualified name of a value, or of what was called to make it."""
        if value.place is None:
            return "the manager"
        resolver = self.inference.resolver
        call = self.module.calls.get(value.place.symbol)
        if call is not None:
            return resolver.call_name(call)
        return resolver.types.canonical(resolver.place_name(value.place))

    def _cell_edge(self, site: Site) -> Edge | None:
        """What a notebook shows of a cell is the value of the expression that ends it."""
        parts = {site.block.part, *(block.part for _, block in site.parents)}
        line = site.block.statements[0].span.line if site.block.statements else 1
        if "fixed" in parts:
            return Edge(EdgeKind.CONTROL, self.module.fixed, line)
        if "shown" in parts:
            words = f"line {line} ends its cell, and its value is shown there"
            return Edge(EdgeKind.CONTROL, words, line)
        return None

    def _manager_edge(self, site: Site) -> Edge | None:
        for statement, block in site.parents:
            if block.role != "with":
                continue
            line = statement.span.line
            for enter in statement.managers:
                kind = self._kind(enter.value)
                if kind in _FINE_MANAGERS:
                    continue
                name = self.inference.resolver.type_of(enter.value) or self.written_name(
                    enter.value
                )
                if kind:
                    return Edge(EdgeKind.MANAGER, f"line {line}: `{name}` is a {kind}", line)
                words = f"line {line}: `{name}` is not known to be neither lock nor transaction"
                return Edge(EdgeKind.MANAGER, words, line, name)
        return None

    def _lock_edge(self, site: Site) -> Edge | None:
        """Nothing is gathered between ``acquire()`` and ``release()`` (contract §3)."""
        calls = [
            event.call
            for statement in site.function.block.statements
            for event in statement.events
            if isinstance(event, Invoke)
        ]
        taken = [c.span for c in calls if c.method in _TAKING]
        if not taken or not site.block.statements:
            return None
        if any(block.part for _, block in site.parents):  # cells are run in any order
            line = taken[0].line
            return Edge(EdgeKind.MANAGER, f"line {line} acquires a lock or permit", line)
        begin = site.block.statements[0].span.start
        end = site.block.statements[-1].span.end
        last_release = max((c.span.end for c in calls if c.method in _GIVING), default=None)
        first = min(taken, key=lambda span: span.start)
        if end <= first.start or (last_release is not None and begin >= last_release):
            return None
        return Edge(EdgeKind.MANAGER, f"line {first.line} acquires a lock or permit", first.line)

    @staticmethod
    def _header_edge(site: Site) -> Edge | None:
        header = header_of(*site.parents[-1]) if site.block.role == "header" else None
        if header is None or not header.held:
            return None
        return Edge(EdgeKind.CONTROL, header.held, site.block.statements[0].span.line)

    # -- walking -------------------------------------------------------------------------------

    def _nested(
        self,
        function: Function,
        block: Block,
        parents: tuple[tuple[Statement, Block], ...],
        bound: frozenset[str],
    ) -> Iterator[Site]:
        if not block.inline and block.part != "frame":
            yield Site(function, block, parents, bound)
        for statement in block.statements:
            for header in statement.headers if block.part != "frame" else ():
                yield Site(function, header.block, (*parents, (statement, header.block)), bound)
            if statement.kind not in ("FunctionDef", "ClassDef") and not self._chosen(statement):
                for inner in statement.blocks:
                    yield from self._nested(
                        function,
                        inner,
                        (*parents, (statement, inner)),
                        bound | self.footprints.binding.entering(statement, inner),
                    )
            bound = bound | self.footprints.binding.binds(statement)

    def _chosen(self, statement: Statement) -> bool:
        """The branch beside one that gathers is sequential on purpose (contract §5)."""
        return statement.kind == "If" and any(
            not b.part and self._gathers(b) for b in statement.blocks
        )

    def _gathers(self, block: Block) -> bool:
        return any(
            isinstance(event, Invoke) and self.inference.resolver.call_name(event.call) in GATHERING
            for statement in block.statements
            for event in statement.events
        )
