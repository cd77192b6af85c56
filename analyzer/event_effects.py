"""What one event does to names, to memory and to the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .effects.containers import gone_through, member_slot, shallow
from .effects.facts import CallFacts
from .effects.inference import Inference
from .effects.model import MEMORY, WORLD, Effect, Mode, Resource
from .effects.roots import is_module
from .effects.selector import AnyKey, Attr, Key, Memory, Name, Step, SymKey
from .ir import (
    Call,
    Define,
    Enter,
    Event,
    Invoke,
    Iterate,
    Mutate,
    Operate,
    Place,
    Risk,
    Store,
    Use,
    Value,
)
from .own_code import read_by_properties
from .resolve import CONTAINERS, PLAIN
from .typetext import NUMBERS


class EventEffects:
    """The effects of events within one module."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._touched: dict[int, tuple[CallFacts, Sequence[Effect]]] = {}

    def of(self, event: Event) -> list[Effect]:
        found = self._of(event)
        if isinstance(event, Use):
            for place in read_by_properties(self.inference, event.place):
                found = [*found, *self._looked(self.inference.memory(place))]
        return found

    def _of(self, event: Event) -> list[Effect]:
        match event:
            case Use(place=place, member=step) if step is not None:
                return self._member(place, step)
            case Use(place=place, truth=True):
                return self._truth(place)
            case Use(place=place, deep=deep):
                inserts = self._inserts(place)
                return [*self._read(place, deep=deep), *inserts]
            case Define(symbol=symbol):
                return [Effect(Mode.WRITE, Resource(MEMORY, Name(symbol)))]
            case Store(place=place, value=value):
                memory = self.inference.memory(place, deep=False)
                if self._computed_anew(place, value):
                    memory = replace(memory, no_new=True)
                return [*self._root(place), *self._write(memory)]
            case Mutate(place=place, removes=removes):
                if not removes and not self._in_place(event):
                    return []
                slot = self._removed(place) if removes else place.then(AnyKey())
                memory = self.inference.memory(slot, deep=False)
                if removes and slot == place and not isinstance(place.steps[-1], AnyKey):
                    memory = replace(memory, no_new=True)
                return [*self._root(place), *self._write(memory)]
            case Invoke(call=call):
                facts = self.inference.facts(call)
                changed = [
                    more
                    for effect in facts.effects
                    if isinstance(effect.resource.selector, Memory)
                    for more in self._state(effect.resource.selector, call, effect.mode)
                ]
                return [*facts.effects, *changed]
            case Iterate(value=value):
                return [
                    read
                    for memory in gone_through(self.inference, value)
                    for read in self._looked(memory)
                ]
            case Enter(value=value):
                found = self.inference.contents(value)
                return [Effect(Mode.WRITE, Resource(MEMORY, memory)) for memory in found]
            case Operate(values=values, risk=risk) if risk is not Risk.ATTRIBUTE:
                return [  # what has a name is read where the name is used
                    Effect(Mode.READ, Resource(MEMORY, memory))
                    for value in values
                    if value.place is None or value.place.symbol.startswith("call#")
                    for memory in self.inference.contents(value)
                ]
            case _:
                return []

    def _in_place(self, event: Mutate) -> bool:
        """May an operator change the object that stands on its left?

        Numbers are joined with numbers, which never change; of JSON-like data only lists and
        dictionaries do, by `+=`, `*=` and `|=` (library reference, "Built-in Types").
        """
        resolver = self.inference.resolver
        if resolver.immutable(Value(place=event.place)):
            return False
        if resolver.place_type(event.place) == PLAIN and event.operator not in ("+=", "*=", "|="):
            return False
        number = event.operand is not None and resolver.type_of(event.operand) in NUMBERS
        return not (number and event.operator != "*=")

    def _computed_anew(self, place: Place, value: Value) -> bool:
        """`d[k] += n` fails where `d` has no such key, but in a dictionary that makes it then."""
        if not value.operator.endswith("=") or value.held[0].place != place:
            return False
        if isinstance(place.steps[-1], Attr):
            return True
        kind = self.inference.resolver.values.at(Place(place.symbol, place.steps[:-1]))
        if kind.name == "builtins.dict" and kind.exact:
            return True
        # what is only said to be a dictionary may be one of those that make a key
        return kind.name in ("builtins.dict", PLAIN) and not self.inference.fills_keys

    def _removed(self, place: Place) -> Place:
        """What `del` changes: one key of a dictionary, but any index of what may be a list."""
        last = place.steps[-1]
        if isinstance(last, Attr) or (isinstance(last, Key) and isinstance(last.value, str)):
            return place
        text = self.inference.resolver.symbol_type
        if isinstance(last, SymKey) and text(last.name) == "builtins.str":
            return place
        return Place(place.symbol, (*place.steps[:-1], AnyKey()))

    def _inserts(self, place: Place) -> list[Effect]:
        """Looking a key up in a ``defaultdict`` puts it there (collections.defaultdict)."""
        if not place.steps or isinstance(place.steps[-1], Attr):
            return []
        owner = Place(place.symbol, place.steps[:-1])
        if self.inference.resolver.place_type(owner) != "collections.defaultdict":
            return []
        return self._write(self.inference.memory(place, deep=False))

    def _root(self, place: Place) -> list[Effect]:
        made = place.symbol.startswith("call#")
        return [] if made else [Effect(Mode.READ, Resource(MEMORY, Name(place.symbol)))]

    def _read(self, place: Place, *, deep: bool) -> list[Effect]:
        effects = self._root(place)
        resolver = self.inference.resolver
        if resolver.module_like(place) or resolver.defined_thing(place):
            return effects
        for step in place.steps:
            if isinstance(step, SymKey):
                effects.append(Effect(Mode.READ, Resource(MEMORY, Name(step.name))))
        immutable = resolver.immutable(Value(place=place))
        if place.steps:
            last, owner = place.steps[-1], Place(place.symbol, place.steps[:-1])
            if isinstance(last, Attr) and resolver.place_type(owner) in CONTAINERS:
                return effects  # a method of a built-in container
            if immutable or not deep or shallow(self.inference, place):
                effects += self._looked(self.inference.memory(place, deep=False))
        if not deep or immutable:
            return effects
        if shallow(self.inference, place):
            slots = self.inference.memory(place.then(AnyKey()), deep=False)
            return [*effects, *self._looked(slots)]
        return [*effects, *self._looked(self.inference.memory(place))]

    def _looked(self, memory: Memory) -> list[Effect]:
        read = Effect(Mode.READ, Resource(MEMORY, memory))
        return [read, *self._state(memory, None, Mode.READ)]

    def _truth(self, place: Place) -> list[Effect]:
        """Of a container, truth is whether it has slots; of anything else it is its own."""
        if self.inference.resolver.immutable(Value(place=place)):
            return []
        return self._looked(self.inference.memory(place.then(AnyKey()), deep=False))

    def _member(self, place: Place, step: Step) -> list[Effect]:
        """`key in d` looks at that key of a dictionary only, at all that a list holds."""
        memory = member_slot(self.inference, place, step)
        if memory is None:
            return self._read(place, deep=True)
        key = [Effect(Mode.READ, Resource(MEMORY, Name(step.name)))] \
            if isinstance(step, SymKey) else []  # fmt: skip
        return [*self._root(place), *key, *self._looked(memory)]

    def _write(self, memory: Memory) -> list[Effect]:
        effect = Effect(Mode.WRITE, Resource(MEMORY, memory))
        return [effect, *self._state(memory, None, Mode.WRITE)]

    def _state(self, memory: Memory, by: Call | None, mode: Mode) -> list[Effect]:
        """Results alias state (contract §2): doing it to one does it to what its call touched.

        Within a callee only its own calls are asked: its effects on globals are effects of its
        callers, which ask for all calls.
        """
        how = "changed in place" if mode is Mode.WRITE else "looked at again"
        derived = by is not None and self.inference.facts(by).entry is None
        touched = {  # many calls may have touched one resource: the first says so
            effect.resource: effect.source
            for owner, call in reversed(self._calls_behind(memory))
            if call is not by
            for effect in reversed(owner.touched(call))
        }
        return [
            Effect(mode, resource, f"{source}: its result is {how}", derived)
            for resource, source in reversed(touched.items())
        ]

    def _calls_behind(self, memory: Memory) -> list[tuple[EventEffects, Call]]:
        aliases = self.inference.aliases
        unit = self.inference.summaries.unit
        if unit is None and is_module(memory.root) and memory.steps:
            project, step = self.inference.project, memory.steps[0]
            other = project.inference(memory.root[1:-1]) if project is not None else None
            if other is None or not isinstance(step, Attr):
                return []
            return [
                (other.footprints.events, call) for call in other.aliases.calls_of(f":{step.name}")
            ]
        return [(self, call) for call in aliases.calls_of(memory.group or memory.root, unit)]

    def touched(self, call: Call) -> Sequence[Effect]:
        facts = self.inference.facts(call)
        known = self._touched.get(call.id)
        if known is None or known[0] is not facts:  # they are inferred anew while summaries settle
            known = self._touched[call.id] = (facts, _touched(facts))
        return known[1]


def _touched(facts: CallFacts) -> Sequence[Effect]:
    entry = facts.entry
    if facts.everything and not facts.known:  # it may have kept what it was handed, anywhere
        words = f"`{facts.name}` may have kept it"
        return [Effect(Mode.WRITE, Resource(WORLD), words)]
    if entry is None:  # a function of the project
        state = facts.returns == "alias"
        return [e for e in facts.effects if state and e.resource.domain != MEMORY]
    if entry.returns == "fresh":
        return []
    if entry.returns == "immutable" and entry.origin.startswith("catalog"):
        return []  # such as `print`: a vocabulary would say that it keeps its arguments
    return [e for e in facts.effects if e.resource.domain != MEMORY]
