"""One body: its effects as a caller sees them, what it returns, keeps, and waits for.

Objects that a function makes and keeps to itself leave no effect behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..aliases import returned
from ..classes import events_of
from ..ir import AwaitValue, Block, Call, Control, Event, Function, Invoke, Place, Statement, Value
from ..latency import latency_of
from ..managing import makes_manager, yielded
from ..typetext import PLAIN
from .benign import is_benign
from .locks import Locks
from .model import MEMORY, Effect, Mode, Resource
from .origins import Sources
from .own_managers import Managing, entered_call, enters
from .roots import ANYTHING, SOMEBODYS, WORLD, Origin, is_module
from .selector import ANY, Attr, Memory, Name, Step, Symbol, Text, Wild
from .summary import Summary, all_linked

if TYPE_CHECKING:
    from ..footprint import Footprints
    from .inference import Inference

_LATENT = frozenset({"sleep"})
#: Words of control flow and of scopes that a function may hold and still be followed.
_FOLLOWED = frozenset({
    "return", "raise", "assert", "break", "continue", "pass", "global", "nonlocal", "del", "import",
})  # fmt: skip


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
    def managing(self) -> Managing | None:
        """The same function as one that makes managers, if it does."""
        return Managing(self) if makes_manager(self.inference.resolver, self.function) else None

    @cached_property
    def events(self) -> list[Event]:
        """What it does but for taking locks and giving them back, which leaves no effect.

        Nor does entering a manager of the project: that is an effect of the call that makes it.
        """
        return [e for e in events_of(self.function) if not self.locks.followed(e)]

    def summary(self) -> Summary:
        links = all_linked(self.function)
        refused = self.refused()
        if refused:
            return Summary(everything=refused, affine=True, links=links)
        events = self.events
        footprint = self.footprints.of_events(events)
        if footprint.everything:
            return Summary(
                everything=footprint.everything, unknown=footprint.everything_call, affine=True,
                links=links, contained=self._contained(),
            )  # fmt: skip
        effects: dict[Effect, None] = {}
        for effect in (*footprint.effects, *self._left()):
            for found in self.outside(effect):
                effects.setdefault(found)
        mine = dict.fromkeys(footprint.handles)
        handles = tuple(dict.fromkeys(found for r in mine for found in self.handle_outside(r)))
        facts = [self.inference.facts(call) for call in footprint.calls]
        result = self._result()
        new = [o.root for o in result if o.new]
        leave = self.inference.roots.leaving
        held = {leave(o) for root in new for o in self.sources.held(root)}
        kept = {place for root in new for place in self.sources.kept(root)}
        if kept:
            held.add(ANYTHING)
        return Summary(
            effects=smaller(effects),
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
            ends=self.managing is not None and self.managing.ends,
        )

    def _left(self) -> Iterator[Effect]:
        """What leaving managers of the project does to what was put into the objects they made."""
        for enter, call in enters(self):
            targets = self.inference.callees.targets(call)
            if any(t.function and t.inference.summary(t.function).ends for t in targets):
                for memory in self.inference.contents(enter.value):
                    yield Effect(Mode.WRITE, Resource(MEMORY, memory))

    def _contained(self) -> bool:
        """Does nothing unknown run, although what is done to the process cannot be followed?"""
        return all(
            not self.inference.facts(event.call).everything
            if isinstance(event, Invoke)
            else not self.footprints.barrier(event) or self.footprints.of_process(event)
            for event in self.events
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
            word = event.word if isinstance(event, Control) else "pass"
            if word not in _FOLLOWED and not (word == "yield" and self.managing is not None):
                return f"`{name}` holds `{word}`, which is not followed"
        return self.managing.unfollowed if self.managing is not None else ""

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
            return  # others find it by a slot only that this function writes after it made it
        if owner.root == "?":
            found[replace(SOMEBODYS, steps=(step,), deep=False)] = None
        elif owner.below:
            around = replace(memory, type=memory.owner)  # what is in the slot is not all there is
            found[self._at(owner, around, deep=True, typed=False)] = None
        else:
            slot = replace(owner, steps=(*owner.steps, step))
            found[self._at(slot, memory, deep=False)] = None

    def _objects(self, origin: Origin, memory: Memory, found: dict[Memory, None]) -> None:
        if origin.new:
            for inner in self.sources.held(origin.root) if memory.deep else ():
                if inner.root == "?":
                    found[SOMEBODYS] = None
                elif not self._fixed(inner):
                    found[self._at(inner, memory, deep=True, typed=False)] = None
        elif origin.root == "?":
            found[SOMEBODYS] = None
        elif not self._fixed(origin):
            # Paths name slots unless they are deep, so an object's own slots have no path.
            deep = memory.deep or origin.below or bool(origin.steps) or origin.root[0] == ":"
            found[self._at(origin, memory, deep=deep, typed=not origin.below)] = None

    def _fixed(self, origin: Origin) -> bool:
        """Does what lies at a path never change? Reading its slot is an effect of its own."""
        if origin.below or not origin.steps or is_module(origin.root):
            return False
        kind = self.inference.resolver.values.at(Place(origin.root, origin.steps))
        return self.inference.resolver.immutable_type(kind.name)

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
            no_new=memory.no_new and not deep,
        )

    # -- results -------------------------------------------------------------------------------

    def _returned(self) -> list[Value]:
        if self.managing is not None:
            return yielded(self.function)
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
        if all(resolver.holds_nothing(v) or v == Value() for v in values):
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
        # one parameter may be handed several objects: `tie(*rows)`, `tie([x, y])`
        kept = [(names, outer) for names, outer in found if outer or names - {""}]
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
        made = (entered_call(self.inference, enter.value) for enter in statement.managers)
        own += sum(latency_of(self.inference.facts(c))[0] for c in made if c is not None)
        below = [self._waits(b) for b in statement.blocks]
        choice = statement.kind in ("If", "Match")
        return own + (max(below, default=0.0) if choice else sum(below))


def _calls(events: Iterable[Event], without: set[int]) -> list[Call]:
    return [e.call for e in events if isinstance(e, Invoke) and id(e.call) not in without]


def smaller(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Effects without those that another one covers: a read of what is written as well."""
    written = {e.resource for e in effects if e.writes}
    return tuple(e for e in effects if e.writes or e.resource not in written)
