"""Which values may be, or hold, one object: a flow-insensitive, unification-based analysis.

After Steensgaard, "Points-to Analysis in Almost Linear Time" (POPL 1996): assigning, storing and
passing on unify two values' classes. A class is *world* if anybody else may hold a member of it
(parameters, globals, closures, results and arguments of unknown calls): two world classes may meet,
others never do.
"""

from __future__ import annotations

from collections.abc import Iterator

from .effects.catalog import Entry
from .effects.selector import SymKey
from .ir import AwaitValue, Call, Control, Event, Place, Store, Value
from .resolve import Resolver


class Aliases:
    """Classes of symbols and call results of one module."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.module = resolver.module
        self._parent: dict[str, str] = {}
        self._world: set[str] = set()
        self._calls: dict[str, list[Call]] | None = None
        self._build()

    def group(self, symbol: str) -> str:
        root = symbol
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while symbol != root:
            self._parent[symbol], symbol = root, self._parent[symbol]
        return root

    def world(self, symbol: str) -> bool:
        return self.group(symbol) in self._world

    def stable(self, symbol: str) -> bool:
        """Bound once, so that the name is always the same object (within one run of its block)."""
        if symbol.startswith("call#"):
            return True
        info = self.module.symbols.get(symbol)
        return info is not None and info.bindings <= 1

    def calls_of(self, symbol: str) -> list[Call]:
        """Calls whose state the object may be part of: its class holds their result."""
        if self._calls is None:
            self._calls = {}
            for name, call in self.module.calls.items():
                self._calls.setdefault(self.group(name), []).append(call)
        return self._calls.get(self.group(symbol), [])

    # -- building ------------------------------------------------------------------------------

    def _link(self, a: str, b: str) -> None:
        x, y = self.group(a), self.group(b)
        if x == y:
            return
        keep, drop = min(x, y), max(x, y)
        self._parent[drop] = keep
        if drop in self._world:
            self._world.discard(drop)
            self._world.add(keep)

    def sources(self, value: Value) -> Iterator[str]:
        """The symbols whose object a value may be or hold."""
        if self.resolver.immutable(value) and not value.held:
            return
        if value.place is not None:
            yield value.place.symbol
        for held in value.held:
            yield from self.sources(held)

    def _mark(self, symbol: str) -> None:
        self._world.add(self.group(symbol))

    def _build(self) -> None:
        seen = self.module.introspects
        exposed = frozenset[str]().union(*(f.exposed for f in self.module.functions))
        for symbol, info in self.module.symbols.items():
            elsewhere = info.kind != "local" or symbol in exposed or info.opaque_bindings
            if (seen or elsewhere) and not self.resolver.immutable(Value(place=Place(symbol))):
                self._mark(symbol)
            for value in info.values:
                for source in self.sources(value):
                    self._link(symbol, source)
                if _anything(value) or (value.function and value.function != "lambda"):
                    self._mark(symbol)
        for name, call in self.module.calls.items():
            self._call(name, call)
        for function in self.module.functions:
            for statement in function.block.statements:
                for event in statement.events:
                    self._event(event)

    def _event(self, event: Event) -> None:
        match event:
            case Store(place=place, value=value):
                for source in self.sources(value):
                    self._link(place.symbol, source)
                for step in place.steps:
                    if isinstance(step, SymKey):
                        self._link(place.symbol, step.name)  # a key is held too
                if _anything(value):
                    self._mark(place.symbol)
            case AwaitValue(value=value) | Control(value=value):
                for source in self.sources(value):  # yielded, raised, or reached through a task
                    self._mark(source)
            case _:
                pass

    def _call(self, name: str, call: Call) -> None:
        entry = self.resolver.entry(call)
        handed = [s for a in call.arguments for s in self.sources(a.value)]
        receiver = self._holders(call.receiver)
        kind = self.resolver.type_of(call.receiver) if call.receiver is not None else ""
        info = self.resolver.type_info(kind)
        if info is not None and info.handle:
            receiver = []  # a catalogued handle is no part of what its calls answer
        if entry is None and self.resolver.constructs(call):
            for symbol in (*handed, *receiver):  # a new object, which may keep what it is handed
                self._mark(symbol)
                self._link(name, symbol)
            return
        if entry is None or entry.barrier:
            called = self._holders(call.function)  # a bound method holds its object
            for symbol in (name, *handed, *receiver, *called):
                self._mark(symbol)
                self._link(name, symbol)
            return
        if self._keeps(entry):
            for symbol in (*handed, *receiver):
                self._link(name, symbol)
        if any(t.domain == "memory" for t in entry.writes):
            for a, b in zip([*receiver, *handed], [*receiver, *handed][1:], strict=False):
                self._link(a, b)
        if entry.returns == "alias" and not entry.pure and not self._immutable_result(name):
            self._mark(name)

    def _holders(self, value: Value | None) -> list[str]:
        """The objects that a receiver or a function is part of; a known module is none.

        Otherwise `asyncio.run(main())` would make all that is handed to `asyncio.gather` a part of
        what `main` belongs to.
        """
        if value is None or (value.place is not None and self.resolver.module_like(value.place)):
            return []
        return list(self.sources(value))

    def _immutable_result(self, name: str) -> bool:
        return self.resolver.immutable(Value(place=Place(name)))

    @staticmethod
    def _keeps(entry: Entry) -> bool:
        """May the result, or the callee's state, hold what was handed in? (contract §2)

        A *fresh* result of a call that acts outside (network, MCP, LLM) does not; a fresh one of a
        pure call is a new container that may hold its arguments (``list(xs)``, a constructor).
        """
        return entry.returns != "fresh" or entry.pure


def _anything(value: Value) -> bool:
    return value.anything or any(_anything(held) for held in value.held)
