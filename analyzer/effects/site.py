"""A summary at one call: what the function does, in the words of its caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..aliases import Link
from ..ir import Call, Place, Value
from .callees import UNKNOWN, Target, bind
from .facts import Lock, Locking
from .locks import one
from .model import MEMORY, Effect, Mode, Resource
from .roots import DEFAULTS, SOMEBODYS, WORLD, Origin, is_module
from .selector import ANY, AnyKey, Attr, Memory, Name, Step, Symbol, SymKey, Text, Wild
from .summary import Summary
from .templates import SEEDED

if TYPE_CHECKING:
    from .inference import Inference


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
        return tuple(dict.fromkeys(h for r in self.summary.handles for h in self.handle(r)))

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
        return Locking(
            self._locks(mine.locks),
            mine.nested,
            tuple(r for c in mine.covered for r in one(self.handle(c))),
            self._locks(mine.held),
        )

    def _locks(self, locks: tuple[Lock, ...]) -> tuple[Lock, ...]:
        found = [(lock, self.handle(lock.resource)) for lock in locks]
        return tuple(
            replace(lock, resource=r, exclusive=lock.exclusive and len(here) == 1)
            for lock, here in found for r in here
        )  # fmt: skip

    def _domain(self, domain: str) -> str:
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
            if self.owner.resolver.holds_nothing(value):
                return []
            name = Attr(memory.root)
            return [replace(memory, root=DEFAULTS, steps=(name, *steps), group=WORLD)]
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
        if self.inference.resolver.holds_nothing(value):
            return
        if value.anything:
            last = memory.steps[-1:] if not memory.deep else ()
            yield replace(SOMEBODYS, steps=last, deep=memory.deep)
        if value.place is not None:
            place = Place(value.place.symbol, (*value.place.steps, *memory.steps))
            found = self.inference.memory(place, deep=memory.deep or not memory.steps)
            if memory.no_new:
                found = replace(found, no_new=True)
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
