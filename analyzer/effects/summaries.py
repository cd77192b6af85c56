"""What a function of the project does, as effects on what it is handed and on globals.

Summaries are made bottom-up over the strongly connected components of the call graph; a component
that calls itself is gone through until nothing changes (Sharir and Pnueli, "Two Approaches to
Interprocedural Data Flow Analysis", 1981: the functional approach). Objects that a function makes
and keeps to itself leave no effect behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..aliases import Link, returned
from ..classes import events_of
from ..ir import (
    AwaitValue,
    Block,
    Call,
    Control,
    Event,
    Function,
    Invoke,
    Place,
    Statement,
    Value,
)
from ..typetext import PLAIN
from .benign import is_benign
from .callees import UNKNOWN, Target, bind
from .facts import NO_LOCKS, Locking
from .locks import Locks, one
from .model import MEMORY, Effect, Mode, Resource
from .origins import Sources
from .roots import ANYTHING, SOMEBODYS, WORLD, Origin, is_module
from .selector import ANY, AnyKey, Attr, Memory, Name, Step, Symbol, SymKey, Text, Wild

if TYPE_CHECKING:
    import networkx as nx

    from ..footprint import Footprints
    from .inference import Inference

#: A function from which more functions than this are reached is not followed.
_REACH = 250
_ROUNDS = 8
_LATENT = frozenset({"sleep"})
#: Words of control flow and of scopes that a function may hold and still be followed.
_FOLLOWED = frozenset({
    "return", "raise", "assert", "break", "continue", "pass", "global", "nonlocal", "del", "import",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """Effects whose roots are parameters (``function:name``), modules (``<module>``) or ``?``.

    ``result`` is what it may return of others' objects, ``held`` what new objects that it returns
    may lead to, and ``makes`` whether it may return such a new one. ``links`` are the parameters
    (symbols, and "" for the result) that may be, or hold, one object afterwards; True: somebody
    else may keep it too.
    """

    effects: tuple[Effect, ...] = ()
    everything: str = ""
    unknown: str = ""  # qualified name of the unknown call behind `everything`
    affine: bool = False
    raises: bool = False
    handles: tuple[Resource, ...] = ()
    cancel_unsafe: bool = False
    latency_ms: float = 0.0
    result: frozenset[Origin] = frozenset()
    held: frozenset[Origin] = frozenset()
    makes: bool = False
    links: tuple[tuple[frozenset[str], bool], ...] = ()
    returns: str = "alias"
    assumes: tuple[str, ...] = ()
    locking: Locking = NO_LOCKS


#: What the first round takes of a function whose component is still being gone through.
BOTTOM = Summary(returns="immutable")


class Summaries:
    """The summaries of the functions of one module."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.module = inference.module
        self._known: dict[str, Summary] = {}
        self._working: dict[str, Summary] = {}
        self._making: set[str] = set()
        #: The unit whose summary is being made.
        self.unit: str | None = None
        self._edges: dict[str, tuple[tuple[Inference, Function], ...]] = {}

    def of(self, function: Function) -> Summary:
        """The summary of a function; those of all that it calls are made first."""
        known = self._known.get(function.scope) or self._working.get(function.scope)
        if known is not None:
            return known
        if function.scope in self._making:  # asked for from around a nested function
            words = f"`{function.qualname}` is not followed from within"
            return Summary(everything=words, affine=True, links=_all_linked(function))
        graph = self._reached(function)
        if graph is None:
            found = Summary(
                everything=f"`{function.qualname}` reaches more than {_REACH} functions",
                affine=True, links=_all_linked(function),
            )  # fmt: skip
            self._known[function.scope] = found
            return found
        import networkx as nx

        for component in nx.strongly_connected_components(graph):
            _settle([graph.nodes[key]["function"] for key in component], graph)
        return self._known[function.scope]

    def _reached(self, function: Function) -> nx.DiGraph[tuple[int, str]] | None:
        """The call graph below a function; None if it is too large."""
        import networkx as nx

        graph: nx.DiGraph[tuple[int, str]] = nx.DiGraph()
        first = (self.inference, function)
        todo = [first]
        graph.add_node(_key(first), function=first)
        while todo:
            inference, caller = todo.pop()
            if caller.scope in inference.summaries.known:
                continue
            for callee in inference.summaries.edges(caller):
                if _key(callee) not in graph:
                    if len(graph) >= _REACH:
                        return None
                    graph.add_node(_key(callee), function=callee)
                    todo.append(callee)
                graph.add_edge(_key((inference, caller)), _key(callee))
        return graph

    @property
    def known(self) -> dict[str, Summary]:
        return self._known

    def edges(self, function: Function) -> tuple[tuple[Inference, Function], ...]:
        """The functions that a function calls."""
        if function.scope not in self._edges:
            found: dict[tuple[int, str], tuple[Inference, Function]] = {}
            for event in events_of(function):
                if isinstance(event, Invoke):
                    for target in self.inference.callees.targets(event.call):
                        if target.function is not None:
                            one = (target.inference, target.function)
                            found[_key(one)] = one
            self._edges[function.scope] = tuple(found.values())
        return self._edges[function.scope]

    def work(self, function: Function, summary: Summary) -> None:
        self._working[function.scope] = summary

    def settle(self, function: Function, summary: Summary) -> None:
        self._working.pop(function.scope, None)
        self._known[function.scope] = summary

    def make(self, function: Function) -> Summary:
        """The summary of a function from its body and the summaries there are."""
        around, self.unit = self.unit, self.inference.aliases.unit_of_scope(function.scope)
        self._making.add(function.scope)
        try:
            return Body(self.inference, function).summary()
        finally:
            self._making.discard(function.scope)
            self.unit = around


def _key(function: tuple[Inference, Function]) -> tuple[int, str]:
    return id(function[0]), function[1].scope


def _settle(members: list[tuple[Inference, Function]], graph: nx.DiGraph[tuple[int, str]]) -> None:
    members = [m for m in members if m[1].scope not in m[0].summaries.known]
    if not members:
        return
    alone = len(members) == 1 and not graph.has_edge(_key(members[0]), _key(members[0]))
    if alone:
        inference, function = members[0]
        inference.summaries.settle(function, inference.summaries.make(function))
        return
    members.sort(key=lambda m: (m[0].resolver.module_name, m[1].scope))
    now = [BOTTOM] * len(members)
    for _ in range(_ROUNDS):
        for (inference, function), summary in zip(members, now, strict=True):
            # Nothing is known of how often it calls itself: it waits at least once.
            inference.summaries.work(function, replace(summary, latency_ms=0.0))
            inference.forget(function)
        before, now = now, [inference.summaries.make(function) for inference, function in members]
        if now == before:
            break
    else:
        words = f"`{members[0][1].qualname}` calls itself in a way that is not followed"
        now = [Summary(everything=words, affine=True, links=_all_linked(f)) for _, f in members]
    for (inference, function), summary in zip(members, now, strict=True):
        inference.summaries.settle(function, summary)
        inference.forget(function)


def _all_linked(function: Function) -> tuple[tuple[frozenset[str], bool], ...]:
    return ((frozenset({"", *function.parameters}), True),)


class Body:
    """One function on its way to a summary."""

    def __init__(self, inference: Inference, function: Function) -> None:
        self.inference = inference
        self.function = function
        self.footprints: Footprints = inference.footprints
        self.scope = function.scope

    @cached_property
    def sources(self) -> Sources:
        return self.inference.sources(self.function)

    @cached_property
    def locks(self) -> Locks:
        return Locks(self)

    @cached_property
    def events(self) -> list[Event]:
        """What it does but for taking locks and giving them back, which leaves no effect."""
        return [e for e in events_of(self.function) if not self.locks.followed(e)]

    def summary(self) -> Summary:
        links = _all_linked(self.function)
        refused = self.refused()
        if refused:
            return Summary(everything=refused, affine=True, links=links)
        events = self.events
        footprint = self.footprints.of_events(events)
        if footprint.everything:
            return Summary(
                everything=footprint.everything, unknown=footprint.everything_call, affine=True,
                links=links,
            )  # fmt: skip
        effects: dict[Effect, None] = {}
        for effect in footprint.effects:
            for found in self.outside(effect):
                effects.setdefault(found)
        handles = tuple(found for r in footprint.handles for found in self.handle_outside(r))
        facts = [self.inference.facts(call) for call in footprint.calls]
        result = self._result()
        new = [o.root for o in result if o.new]
        leave = self.inference.roots.leaving
        held = {leave(o) for root in new for o in self.sources.held(root)}
        kept = {place for root in new for place in self.sources.kept(root)}
        if kept:
            held.add(ANYTHING)
        return Summary(
            effects=_smaller(effects),
            affine=bool(footprint.affine),
            raises=footprint.raises
            or bool({"raise", "assert"} & set(footprint.controls))
            or len(events) < sum(1 for _ in events_of(self.function)),
            handles=handles,
            cancel_unsafe=bool(handles) and any(f.cancel_unsafe for f in facts),
            latency_ms=self._waits(self.function.block),
            result=frozenset(leave(o) for o in (*result, *kept) if not o.new),
            held=frozenset(held),
            makes=bool(new),
            links=self._links(),
            returns=self._returns(),
            assumes=tuple(dict.fromkeys(a for f in facts for a in f.assumes.split("; ") if a)),
            locking=self.locks.taken,
        )

    # -- what is not followed ------------------------------------------------------------------

    def refused(self) -> str:
        name = self.function.qualname
        if self.scope in self.inference.module.introspects:
            return f"`{name}` looks at names or frames, or runs text"
        if self.inference.module.respelled:
            return f"`{name}` stands in a file in which a name means another one"
        for event in events_of(self.function):
            if isinstance(event, AwaitValue):
                return f"`{name}` awaits something that is not a call"
            if isinstance(event, Control) and event.word not in _FOLLOWED:
                return f"`{name}` holds `{event.word}`, which is not followed"
        return ""

    # -- effects -------------------------------------------------------------------------------

    def outside(self, effect: Effect) -> Iterator[Effect]:
        """An effect in the words of this function → those that its caller sees."""
        return (e for e in self._translated(effect) if not is_benign(self.inference, e))

    def _translated(self, effect: Effect) -> Iterator[Effect]:
        resource = effect.resource
        source = effect.source or f"`{self.function.qualname}`"
        selector = resource.selector
        if resource.domain in _LATENT:
            return
        if resource.domain == "clock":  # ordered with others like it (contract §2)
            yield Effect(Mode.WRITE, Resource("time"), source)
        elif isinstance(selector, Name):
            found = self._binding(selector)
            if found is not None:
                yield Effect(effect.mode, Resource(MEMORY, found), source)
        elif isinstance(selector, Memory):
            for memory in self._memories(selector):
                yield Effect(effect.mode, Resource(MEMORY, memory), source)
        else:
            yield Effect(effect.mode, Resource(resource.domain, self._text(selector)), source)

    def handle_outside(self, handle: Resource) -> list[Resource]:
        """A handle in the words of this function → those that its caller may hold."""
        selector = handle.selector
        if not isinstance(selector, Memory):
            return [handle]
        return [Resource(handle.domain, memory) for memory in self._memories(selector)]

    def _text(self, selector: Text) -> Text:
        mine = set(self.function.parameters)
        parts = [
            Wild() if isinstance(p, Symbol) and p.name not in mine else p for p in selector.parts
        ]
        return Text(tuple(parts)) if parts else ANY

    def _binding(self, name: Name) -> Memory | Name | None:
        """The binding of a global, as others see it; None for a name of this function."""
        symbol = name.symbol
        info = self.inference.module.symbols.get(symbol)
        if info is None or info.kind in ("undefined", "import") or info.function or info.cls:
            return None
        if symbol.startswith(":"):
            root, steps = self.inference.roots.own, (Attr(symbol[1:]),)
            return Memory(root, steps, deep=False, group=WORLD)
        return None if self._own(symbol) else name

    def _own(self, symbol: str) -> bool:
        scope = symbol.rpartition(":")[0]
        return scope == self.scope or scope.startswith(f"{self.scope}.")

    def _memories(self, memory: Memory) -> list[Memory]:
        """A memory by the names of this function → by those that its caller sees."""
        if is_module(memory.root) or memory.root == "?":
            return [memory]
        found: dict[Memory, None] = {}
        if memory.steps and not memory.deep:
            *before, last = memory.steps
            step = self.sources.step(last)
            for owner in self.sources.of(Place(memory.root, tuple(before))):
                self._slots(owner, step, memory, found)
        else:
            for origin in self.sources.of(Place(memory.root, memory.steps)):
                self._objects(origin, memory, found)
        return list(found)

    def _slots(self, owner: Origin, step: Step, memory: Memory, found: dict[Memory, None]) -> None:
        if owner.new:
            for place in self.sources.kept(owner.root):
                self._slots(place, step, memory, found)
        elif owner.root == "?":
            found[replace(SOMEBODYS, steps=(step,), deep=False)] = None
        elif owner.below:
            found[self._at(owner, memory, deep=True, typed=False)] = None
        else:
            slot = replace(owner, steps=(*owner.steps, step))
            found[self._at(slot, memory, deep=False)] = None

    def _objects(self, origin: Origin, memory: Memory, found: dict[Memory, None]) -> None:
        if origin.new:
            reached = self.sources.held(origin.root) if memory.deep else set[Origin]()
            for inner in reached | self.sources.kept(origin.root):
                if inner.root == "?":
                    found[SOMEBODYS] = None
                else:
                    found[self._at(inner, memory, deep=True, typed=False)] = None
        elif origin.root == "?":
            found[SOMEBODYS] = None
        else:
            # Paths name slots unless they are deep, so an object's own slots have no path.
            deep = memory.deep or origin.below or bool(origin.steps) or origin.root[0] == ":"
            found[self._at(origin, memory, deep=deep, typed=not origin.below)] = None

    def _at(self, origin: Origin, memory: Memory, *, deep: bool, typed: bool = True) -> Memory:
        leaving = self.inference.roots.leaving(origin)
        outer = is_module(leaving.root)
        return Memory(
            root=leaving.root,
            steps=leaving.steps,
            deep=deep,
            stable=True,
            group=WORLD if outer else "",
            type=memory.type if typed or memory.type == PLAIN else "",
            opaque=memory.opaque and typed,
            owner=memory.owner if typed else "",
        )

    # -- results -------------------------------------------------------------------------------

    def _returned(self) -> list[Value]:
        return [
            e.value
            for e in events_of(self.function)
            if isinstance(e, Control) and e.word == "return"
        ]

    def _result(self) -> set[Origin]:
        found: set[Origin] = set()
        for value in self._returned():
            found |= self.sources.of_value(value)
        return found

    def _returns(self) -> str:
        """Is what it returns fresh, immutable, or part of some state (of a library, say)?"""
        resolver = self.inference.resolver
        values = self._returned()
        if all((resolver.immutable(v) and not v.held) or v == Value() for v in values):
            return "immutable"
        symbol = returned(self.function)
        aliases = self.inference.aliases
        if aliases.outer(symbol):  # what the caller hands in is state that it knows
            return "alias"
        states = [self.inference.facts(c) for c in aliases.calls_of(symbol)]
        fresh = all(
            f.pure or (f.entry is not None and f.entry.returns != "alias") or f.returns != "alias"
            for f in states
        )
        return "fresh" if fresh else "alias"

    def _links(self) -> tuple[tuple[frozenset[str], bool], ...]:
        aliases = self.inference.aliases
        classes: dict[str, set[str]] = {}
        for symbol in (*self.function.parameters, returned(self.function)):
            name = "" if symbol == returned(self.function) else symbol
            classes.setdefault(aliases.group(symbol), set()).add(name)
        found = [
            (frozenset(names), aliases.outer(next(iter(names)) or returned(self.function)))
            for names in classes.values()
        ]
        kept = [(names, outer) for names, outer in found if outer or len(names) > 1]
        return tuple(sorted(kept, key=lambda pair: sorted(pair[0])))

    # -- waiting -------------------------------------------------------------------------------

    def _waits(self, block: Block) -> float:
        """Milliseconds that the awaited calls of a block wait; of two branches the longer one."""
        return sum(self._waits_for(statement) for statement in block.statements)

    def _waits_for(self, statement: Statement) -> float:
        if statement.kind in ("FunctionDef", "ClassDef"):
            return 0.0
        inner = [event for b in statement.blocks for s in b.statements for event in s.events]
        within = {id(e.call) for e in inner if isinstance(e, Invoke)}
        calls = _calls(statement.events, within)
        own = self.footprints.waits(c for c in calls if not self.locks.waits_for(c))
        below = [self._waits(b) for b in statement.blocks]
        choice = statement.kind in ("If", "Match")
        return own + (max(below, default=0.0) if choice else sum(below))


def _calls(events: Iterable[Event], without: set[int]) -> list[Call]:
    return [e.call for e in events if isinstance(e, Invoke) and id(e.call) not in without]


def _smaller(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Effects without those that another one covers: a read of what is written as well."""
    written = {e.resource for e in effects if e.writes}
    return tuple(e for e in effects if e.writes or e.resource not in written)


# ---------------------------------------------------------------------------------- at a call site


class Site:
    """A summary at one call: its effects in the caller's words."""

    def __init__(self, inference: Inference, call: Call, target: Target, summary: Summary) -> None:
        self.inference = inference
        self.call = call
        self.summary = summary
        found = bind(call, target)
        self.values = dict(found.values) if found is not None else {}
        self.defaults = dict(found.defaults) if found is not None else {}
        self.owner = target.inference
        if target.function is not None:
            for symbol in target.function.parameters:
                if symbol not in self.values and symbol not in self.defaults:
                    self.values[symbol] = UNKNOWN

    def links(self) -> list[Link]:
        found: list[Link] = []
        for names, outer in self.summary.links:
            values = tuple(self.values[n] for n in sorted(names) if n in self.values)
            found.append(Link(values, "" in names, outer))
        return found

    def effects(self) -> Iterator[Effect]:
        for effect in self.summary.effects:
            yield from self.effect(effect)

    def effect(self, effect: Effect) -> Iterator[Effect]:
        """An effect of the callee → what it is here."""
        selector = effect.resource.selector
        if isinstance(selector, Memory):
            for memory in self._binding(selector) or self.memories(selector):
                filled = isinstance(memory, Memory) and memory.owner == "collections.defaultdict"
                mode = Mode.WRITE if filled else effect.mode  # looking a key up puts it there
                yield Effect(mode, Resource(MEMORY, memory), effect.source)
        elif isinstance(selector, Name):
            yield effect
        else:
            resource = Resource(self._domain(effect.resource.domain), self._text(selector))
            yield Effect(effect.mode, resource, effect.source)

    def handles(self) -> tuple[Resource, ...]:
        return tuple(found for r in self.summary.handles for found in self.handle(r))

    def handle(self, handle: Resource) -> list[Resource]:
        """A handle of the callee → what it is here."""
        selector = handle.selector
        if not isinstance(selector, Memory):
            return [handle]
        return [Resource(handle.domain, memory) for memory in self.memories(selector)]

    def locking(self) -> Locking:
        """The locks that the callee takes → what they are here."""
        mine = self.summary.locking
        if not mine.locks:
            return mine
        found = [(lock, self.handle(lock.resource)) for lock in mine.locks]
        return Locking(
            tuple(
                replace(lock, resource=r, exclusive=lock.exclusive and len(here) == 1)
                for lock, here in found for r in here
            ),
            mine.nested,
            tuple(r for c in mine.covered for r in one(self.handle(c))),
        )  # fmt: skip

    def _domain(self, domain: str) -> str:
        from .inference import SEEDED

        return SEEDED if domain == "random" and self.inference.seeded else domain

    def _text(self, selector: Text) -> Text:
        from .strings import text_of

        parts: list[object] = []
        for part in selector.parts:
            if not isinstance(part, Symbol):
                parts.append(part)
            elif part.name in self.values:
                resolver, aliases = self.inference.resolver, self.inference.aliases
                parts.extend(text_of(self.values[part.name], resolver, aliases).parts)
            elif part.name in self.defaults:
                value = self.defaults[part.name]
                owner = self.owner
                parts.extend(text_of(value, owner.resolver, owner.aliases).parts
                             if value.is_literal else ANY.parts)  # fmt: skip
            else:
                parts.append(Wild())
        return Text(tuple(parts))  # pyright: ignore[reportArgumentType]

    def memories(self, memory: Memory) -> list[Memory]:
        """A memory in the callee's words → those that it may be here."""
        steps = tuple(self._step(s) for s in memory.steps)
        memory = replace(memory, steps=steps)
        if memory.root in self.values:
            return list(self._within(self.values[memory.root], memory))
        if memory.root in self.defaults:
            value = self.defaults[memory.root]
            if self.owner.resolver.immutable(value) and not value.held:
                return []
            name = Attr(memory.root)
            return [replace(memory, root="<defaults>", steps=(name, *steps), group=WORLD)]
        if is_module(memory.root):
            inward = self.inference.roots.inward(Origin(memory.root, memory.steps))
            if inward.root == memory.root:
                return [memory]
            return [replace(memory, root=inward.root, steps=inward.steps,
                            group=self.inference.aliases.group(inward.root),
                            stable=self.inference.aliases.stable(inward.root))]  # fmt: skip
        return [memory]

    def _binding(self, memory: Memory) -> list[Name]:
        """The name of a global of this module whose binding a slot of the module is."""
        if memory.root != self.inference.roots.own or memory.deep or len(memory.steps) != 1:
            return []
        step = memory.steps[0]
        return [Name(f":{step.name}")] if isinstance(step, Attr) else []

    def _step(self, step: Step) -> Step:
        if not isinstance(step, SymKey):
            return step
        value = self.values.get(step.name) or self.defaults.get(step.name)
        return self.inference.key(value) if value is not None else AnyKey()

    def _within(self, value: Value, memory: Memory) -> Iterator[Memory]:
        """What a memory below a parameter is below the value that it is given."""
        if self.inference.resolver.immutable(value) and not value.held:
            return
        if value.anything:
            last = memory.steps[-1:] if not memory.deep else ()
            yield replace(SOMEBODYS, steps=last, deep=memory.deep)
        if value.place is not None:
            place = Place(value.place.symbol, (*value.place.steps, *memory.steps))
            found = self.inference.memory(place, deep=memory.deep or not memory.steps)
            if not found.type and memory.type:
                found = replace(found, type=memory.type, opaque=memory.opaque)
            yield found
        for held in value.held:
            if value.element:
                yield from self._within(held, replace(memory, steps=(AnyKey(), *memory.steps)))
            elif not value.fresh:
                yield from self._within(held, memory)
            elif memory.steps and (len(memory.steps) > 1 or memory.deep):
                yield from self._within(held, replace(memory, steps=memory.steps[1:]))
            elif memory.deep:
                yield from self._within(held, memory)
