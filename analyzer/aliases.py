"""Which values may be, or hold, one object: a flow-insensitive, unification-based analysis.

After Steensgaard, "Points-to Analysis in Almost Linear Time" (POPL 1996): assigning, storing and
passing on unify two values' classes. A class is *world* if anybody else may hold a member of it
(parameters, globals, closures, results and arguments of unknown calls): two world classes may meet,
others never do.

A *unit* is a function with all that is nested in it, or what stands outside of functions. Units are
looked at when one of their symbols is asked for: what their calls join is known from the bodies of
the functions they call, which need not be read otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from .classes import events_of
from .effects.catalog import Entry
from .effects.selector import SymKey
from .ir import AwaitValue, Call, Control, Define, Event, Function, Invoke, Place, Store, Use, Value
from .managing import makes_manager
from .records import is_record
from .resolve import Resolver


@dataclass(frozen=True, slots=True)
class Link:
    """Values that a call makes one class: arguments, and its ``result``.

    ``outer``: what the callee, or anybody, may keep or share as well.
    """

    values: tuple[Value, ...]
    result: bool = False
    outer: bool = False


#: What a call of a function whose body is known links; None for any other call.
Links = Callable[[Call], "Sequence[Link] | None"]


#: What stands for a call among those of which it was handed nothing but data.
_RECORDS = "<records>"


def _no_links(call: Call) -> Sequence[Link] | None:
    return None


def returned(function: Function) -> str:
    """The symbol that stands for what a function returns."""
    return f"{function.scope}:<return>"


class Aliases:
    """Classes of symbols and call results of one module."""

    def __init__(self, resolver: Resolver, links: Links = _no_links) -> None:
        self.resolver = resolver
        self.module = resolver.module
        self._links = links
        self._parent: dict[str, str] = {}
        self._world: set[str] = set()
        self._outer: set[str] = set()  # world, and not only because a caller hands it in
        self._built: set[str] = set()
        self._held: dict[str, dict[int, Call]] = {}  # class → calls of which it holds the result
        self._calls: dict[tuple[str, str | None, int], list[Call]] = {}

    def reset(self) -> None:
        """Forget everything: what links are made from has changed."""
        self._parent.clear()
        self._world.clear()
        self._outer.clear()
        self._built.clear()
        self._held.clear()
        self._calls.clear()

    def group(self, symbol: str) -> str:
        self._ensure(symbol)
        return self._find(symbol)

    def world(self, symbol: str) -> bool:
        return self.group(symbol) in self._world

    def outer(self, symbol: str) -> bool:
        """May anybody but the caller of its function hold the object, or a part of it?"""
        return self.group(symbol) in self._outer

    def stable(self, symbol: str) -> bool:
        """Bound once, so that the name is always the same object (within one run of its block)."""
        if symbol.startswith("call#"):
            return True
        info = self.module.symbols.get(symbol)
        return info is not None and info.bindings <= 1

    def calls_of(self, symbol: str, unit: str | None = None) -> list[Call]:
        """Calls whose state the object may be part of: its class holds their result.

        ``unit``: only those in that one; the others are not looked at.
        """
        self._ensure(symbol)
        while unit is None:
            root = self._find(symbol)
            units = {
                unit
                for name, mentioning in self._mentions.items()
                if self._find(name) == root
                for unit in mentioning
            } - self._built
            if not units:
                break
            for unit in sorted(units):
                self._build(unit)
        if unit is not None and unit not in self._built:
            return []
        root = self._find(symbol)
        key = (root, unit, len(self._built))  # classes grow only when a unit is built
        found = self._calls.get(key)
        if found is None:
            held = self._held.get(root, {})
            found = self._calls[key] = [
                held[i] for i in sorted(held) if unit in (None, self._unit_of[held[i].symbol])
            ]
        return found

    # -- units ---------------------------------------------------------------------------------

    @cached_property
    def _scopes(self) -> dict[str, str]:
        """Scope of a function → the unit it belongs to."""
        scopes = {f.scope for f in self.module.functions if f.name}
        found: dict[str, str] = {}
        for scope in scopes:
            parts = scope.split(".")
            prefixes = (".".join(parts[:i]) for i in range(1, len(parts) + 1))
            found[scope] = next(prefix for prefix in prefixes if prefix in scopes)
        return found

    def unit_of_scope(self, scope: str) -> str:
        while scope:
            unit = self._scopes.get(scope)
            if unit is not None:
                return unit
            scope = scope.rpartition(".")[0]
        return ""

    @cached_property
    def _functions(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for function in self.module.functions:
            found.setdefault(self.unit_of_scope(function.scope), []).append(function)
        return found

    @cached_property
    def _unit_of(self) -> dict[str, str]:
        """Symbol of a call → its unit."""
        return {
            event.call.symbol: unit
            for unit, functions in self._functions.items()
            for function in functions
            for event in events_of(function)
            if isinstance(event, Invoke)
        }

    @cached_property
    def _made_in(self) -> dict[str, list[Call]]:
        """Unit → the calls that are made in it."""
        found: dict[str, list[Call]] = {}
        for name, call in self.module.calls.items():
            unit = self._unit_of.get(name)
            if unit is not None:
                found.setdefault(unit, []).append(call)
        return found

    @cached_property
    def _symbols(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for symbol in self.module.symbols:
            found.setdefault(self.unit_of_scope(symbol.rpartition(":")[0]), []).append(symbol)
        return found

    @cached_property
    def _mentions(self) -> dict[str, set[str]]:
        """Name of the module → the units that use it."""
        found: dict[str, set[str]] = {}
        for unit, functions in self._functions.items():
            for function in functions:
                for event in events_of(function):
                    if isinstance(event, (Use, Store)) and event.place.symbol.startswith(":"):
                        found.setdefault(event.place.symbol, set()).add(unit)
        return found

    def _ensure(self, symbol: str) -> None:
        call = symbol.startswith("call#")
        unit = self._unit_of.get(symbol, "") if call else \
            self.unit_of_scope(symbol.rpartition(":")[0])  # fmt: skip
        for one in ("", unit):  # the names of the module first: what others hold is known there
            if one not in self._built:
                self._build(one)

    # -- building ------------------------------------------------------------------------------

    def _find(self, symbol: str) -> str:
        root = symbol
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while symbol != root:
            self._parent[symbol], symbol = root, self._parent[symbol]
        return root

    def _link(self, a: str, b: str) -> None:
        x, y = self._find(a), self._find(b)
        if x == y:
            return
        keep, drop = min(x, y), max(x, y)
        self._parent[drop] = keep
        self._held.setdefault(keep, {}).update(self._held.pop(drop, {}))
        for marked in (self._world, self._outer):
            if drop in marked:
                marked.discard(drop)
                marked.add(keep)

    def sources(self, value: Value) -> Iterator[str]:
        """The symbols whose object a value may be or hold."""
        if self.resolver.holds_nothing(value):
            return
        if value.place is not None:
            yield value.place.symbol
        for held in value.held:
            yield from self.sources(held)

    def _mark(self, symbol: str, *, outer: bool = True) -> None:
        self._world.add(self._find(symbol))
        if outer:
            self._outer.add(self._find(symbol))

    @cached_property
    def _exposed(self) -> frozenset[str]:
        return frozenset[str]().union(*(f.exposed for f in self.module.functions))

    def _build(self, unit: str) -> None:
        self._built.add(unit)
        for call in self._made_in.get(unit, ()):
            for symbol in (call.symbol, f"{call.symbol}{_RECORDS}"):
                self._held.setdefault(self._find(symbol), {})[call.id] = call
        for symbol in self._symbols.get(unit, ()):
            self._symbol(symbol)
        for function in self._functions.get(unit, ()):
            for event in events_of(function):
                self._event(event, function)

    def _symbol(self, symbol: str) -> None:
        info = self.module.symbols[symbol]
        seen = self.module.introspects
        shared = bool(seen or symbol in self._exposed or info.opaque_bindings)
        if info.kind == "parameter":  # a default is one object for all calls
            shared = shared or any(
                v.fresh and not self.resolver.immutable(v) and not v.function for v in info.values
            )
        elsewhere = info.kind != "local" or shared
        if elsewhere and not self.resolver.immutable(Value(place=Place(symbol))):
            self._mark(symbol, outer=shared or info.kind != "parameter")
        for value in info.values:
            for source in self.sources(value):
                self._link(symbol, source)
            if _anything(value) or (value.function and value.function != "lambda"):
                self._mark(symbol)

    def _event(self, event: Event, function: Function) -> None:
        match event:
            case Store(place=place, value=value):
                for source in self.sources(value):
                    self._link(place.symbol, source)
                for step in place.steps:
                    if isinstance(step, SymKey):
                        self._link(place.symbol, step.name)  # a key is held too
                if _anything(value):
                    self._mark(place.symbol)
            case Define(symbol=symbol, value=value) if symbol.startswith(":"):
                for source in self.sources(value):  # a global that this unit binds
                    self._link(symbol, source)
                    self._mark(source)
            case Control(word=word, value=value) if word == "return" or (
                word == "yield" and makes_manager(self.resolver, function)
            ):
                for source in self.sources(value):
                    self._link(returned(function), source)
                if _anything(value):
                    self._mark(returned(function))
            case AwaitValue(value=value) | Control(value=value):
                for source in self.sources(value):  # yielded, raised, or reached through a task
                    self._mark(source)
            case Invoke(call=call):
                self._call(call.symbol, call)
            case _:
                pass

    def _call(self, name: str, call: Call) -> None:
        entry = self.resolver.entry(call)
        handed = [s for a in call.arguments for s in self.sources(a.value)]
        receiver = self._holders(call.receiver)
        kind = self.resolver.type_of(call.receiver) if call.receiver is not None else ""
        info = self.resolver.type_info(kind)
        writes = entry is not None and any(t.domain == "memory" for t in entry.writes)
        if info is not None and info.handle:
            receiver = []  # a catalogued handle is no part of what its calls answer
            if entry is not None and writes and self._keeps(entry):  # a queue, say
                for symbol in handed:
                    self._mark(symbol)
        links = self._links(call) if entry is None else None
        if links is not None:
            for link in links:
                joined = [s for value in link.values for s in self.sources(value)]
                joined += [name] if link.result else []
                for symbol in joined:
                    self._link(joined[0], symbol)
                    if link.outer:
                        self._mark(symbol)
            return
        if entry is None and self.resolver.constructs(call):
            for symbol in (*handed, *receiver):  # a new object, which may keep what it is handed
                self._mark(symbol)
                self._link(name, symbol)
            return
        if entry is None or entry.barrier:
            called = self._holders(call.function)  # a bound method holds its object
            for symbol in (name, *handed, *receiver, *called):
                self._mark(symbol)
                # It may have kept a record, too, but has put none of the other things into it.
                record = symbol != name and is_record(self.resolver, Value(place=Place(symbol)))
                self._link(f"{name}{_RECORDS}" if record else name, symbol)
            return
        if self._keeps(entry):
            for symbol in (*handed, *receiver):
                self._link(name, symbol)
        if writes:
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
