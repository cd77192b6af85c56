"""What a statement does as a whole: the union of its events' effects, with their reasons."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from .effects.containers import member_slot, shallow
from .effects.inference import Inference
from .effects.model import MEMORY, WORLD, Effect, Mode, Resource
from .effects.roots import is_module
from .effects.selector import AnyKey, Attr, Key, Memory, Name, Step, SymKey
from .ir import (
    AwaitValue,
    Call,
    Control,
    Define,
    Enter,
    Event,
    Function,
    Invoke,
    Iterate,
    Mutate,
    Operate,
    Place,
    Risk,
    Statement,
    Store,
    Use,
    Value,
)
from .latency import latency_of
from .optional import maybe_none
from .own_code import own_code
from .resolve import CONTAINERS, PLAIN
from .typetext import GENERATOR

#: What a manager does that is known, yet keeps statements in their order around it.
_ORDERED_MANAGERS = frozenset({"lock", "limiter", "transaction", "state"})
_TEXT_OR_NUMBER = frozenset({
    "builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.None",
    "builtins.NoneType",
})  # fmt: skip
_NUMBER = frozenset({"builtins.int", "builtins.float", "builtins.bool"})


@dataclass(frozen=True, slots=True)
class Footprint:
    """Effects and barriers of a run of events."""

    effects: tuple[Effect, ...] = ()
    everything: str = ""
    everything_call: str = ""  # qualified name of the unknown call behind `everything`
    controls: tuple[str, ...] = ()
    affine: str = ""
    handles: tuple[Resource, ...] = ()
    raises: bool = False
    own_risk: bool = False  # something other than an awaited call may raise
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """The symbols that are bound at one statement: those whose binding stands before it."""

    table: Mapping[str, int]
    index: int
    module_level: bool = False

    def __contains__(self, symbol: object) -> bool:
        return isinstance(symbol, str) and self.table.get(symbol, self.index) < self.index


class Footprints:
    """Computes footprints within one module; caches those of statements."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.config = inference.config
        self._cache: dict[int, Footprint] = {}

    def forget(self, function: Function) -> None:
        """Forget the footprints of a function's statements."""
        todo = [function.block]
        while todo:
            for statement in todo.pop().statements:
                self._cache.pop(id(statement), None)
                todo.extend(statement.blocks)

    def of(self, statement: Statement) -> Footprint:
        found = self._cache.get(id(statement))
        if found is None:
            found = self._cache[id(statement)] = self.of_events(statement.events)
        return found

    def waits(self, calls: Iterable[Call]) -> float:
        """Milliseconds that the awaited ones of ``calls`` wait, one after the other."""
        facts = self.inference.facts
        return sum(latency_of(facts(c))[0] for c in calls if c.awaited)

    def of_call(self, call: Call) -> Footprint:
        """Evaluating the callee and the arguments, and performing the call."""
        return self.of_events((*call.setup, Invoke(call)))

    def of_events(self, events: Iterable[Event]) -> Footprint:
        effects: dict[Effect, None] = {}
        controls: list[str] = []
        calls: list[Call] = []
        handles: list[Resource] = []
        everything = unknown = affine = ""
        raises = own = False
        for event in events:
            if not (raises and own) and self.may_raise(event):
                raises = True
                own = own or not (isinstance(event, Invoke) and event.call.awaited)
            for effect in self.effects(event):
                effects.setdefault(effect)
            if isinstance(event, Control):
                controls.append(event.word)
            elif isinstance(event, AwaitValue):
                controls.append("await")
            elif isinstance(event, Invoke):
                calls.append(event.call)
                facts = self.inference.facts(event.call)
                if facts.everything and not everything:
                    everything = facts.everything
                    unknown = "" if facts.known else facts.blamed
                affine = affine or (facts.name if facts.affine else "")
                handles.extend(facts.handles)
            elif not everything:
                everything = self.barrier(event)
        return Footprint(
            tuple(effects),
            everything,
            unknown,
            tuple(dict.fromkeys(controls)),
            affine,
            tuple(handles),
            raises,
            own,
            tuple(calls),
        )

    def barrier(self, event: Event) -> str:
        if isinstance(event, Iterate):
            if event.asynchronous:
                return "`async for` waits for what comes"
            if not self.inference.iterable(event.value):
                return f"it iterates {self._shown(event.value)}, which could be a generator"
        if isinstance(event, Enter):
            kind = self.manager(event.value)
            if kind in ("", *_ORDERED_MANAGERS):
                return f"it enters {self._shown(event.value)}, " + (
                    f"a {kind}" if kind else "of which nothing is known"
                )
        if not self.config.plain_values and self._operator_of_unknown(event):
            return "an operator on a value of unknown type may run anything (plain-values = false)"
        if isinstance(event, (Store, Mutate)) and self._foreign(event.place):
            shown = self._shown(Value(place=event.place))
            return f"it changes {shown}, state of the whole process"
        held = event.values if isinstance(event, Operate) else ()
        if isinstance(event, Store) and event.place.steps[-1:] == (AnyKey(),):
            held = (event.value,)  # assigning to a slice drains what is assigned
        if any(self.inference.resolver.type_of(v) == GENERATOR for v in held):
            return "it advances a generator"
        own = own_code(self.inference, event)
        if own:
            return f"{own} is computed by code of the project"
        return ""

    def _operator_of_unknown(self, event: Event) -> bool:
        if isinstance(event, Use):
            return event.risk in (Risk.ITEM, Risk.ATTRIBUTE) and self.may_raise(event)
        return isinstance(event, Operate) and self.may_raise(event)

    def _foreign(self, place: Place) -> bool:
        """An attribute of an imported module or of a class: `os.environ[…] = …`, `Desk.n = …`."""
        info = self.inference.module.symbols.get(place.symbol)
        imported = info is not None and info.kind == "import" and bool(place.steps)
        return imported or self.inference.callees.of_class(place)

    def manager(self, value: Value) -> str:
        """The kind of a context manager (catalog), "" if it is not known."""
        kind = self.inference.resolver.type_of(value)
        info = self.inference.resolver.type_info(kind)
        if info is not None:
            return info.manager
        # "A type that has declared calls is a known handle" (contract §3).
        tools = self.inference.resolver.sources[0]
        declared = bool(kind) and kind in tools.prefixes
        return "handle" if declared else ""

    def _shown(self, value: Value) -> str:
        if value.place is not None:
            return f"`{self.inference.resolver.place_name(value.place)}`"
        return "a value"

    # -- effects of events ---------------------------------------------------------------------

    def effects(self, event: Event) -> list[Effect]:
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
            case Store(place=place):
                memory = self.inference.memory(place, deep=False)
                return [*self._root(place), *self._write(memory)]
            case Mutate(place=place, removes=removes):
                if not removes and not self._in_place(event):
                    return []
                slot = self._removed(place) if removes else place.then(AnyKey())
                memory = self.inference.memory(slot, deep=False)
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
            case Iterate(value=value) | Enter(value=value):
                return [
                    Effect(Mode.WRITE if isinstance(event, Enter) else Mode.READ,
                           Resource(MEMORY, memory))
                    for memory in self.inference.contents(value)
                ]  # fmt: skip
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
        number = event.operand is not None and resolver.type_of(event.operand) in _NUMBER
        return not (number and event.operator != "*=")

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
        return self._write(self.inference.memory(owner))

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
        return [
            Effect(mode, effect.resource, f"{effect.source}: its result is {how}", derived)
            for owner, call in self._calls_behind(memory)
            if call is not by
            for effect in owner.touched(call)
        ]

    def _calls_behind(self, memory: Memory) -> list[tuple[Footprints, Call]]:
        aliases = self.inference.aliases
        unit = self.inference.summaries.unit
        if unit is None and is_module(memory.root) and memory.steps:
            project, step = self.inference.project, memory.steps[0]
            other = project.inference(memory.root[1:-1]) if project is not None else None
            if other is None or not isinstance(step, Attr):
                return []
            return [(other.footprints, call) for call in other.aliases.calls_of(f":{step.name}")]
        return [(self, call) for call in aliases.calls_of(memory.group or memory.root, unit)]

    def touched(self, call: Call) -> list[Effect]:
        facts = self.inference.facts(call)
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

    def certain(self, symbol: str, bound: Container[str]) -> bool:
        """Is the name bound wherever it may be read here? ``bound``: local symbols that are."""
        info = self.inference.module.symbols.get(symbol)
        if info is None:
            return symbol.startswith("call#")
        if info.unbound:
            return False
        if symbol in bound:
            return True
        if isinstance(bound, Bound) and bound.module_level and info.kind in ("global", "import"):
            return False  # it may be bound further down
        if info.kind == "parameter":
            return True
        if info.kind == "undefined":
            # A builtin, or a name that a declaration says the host provides.
            resolver = self.inference.resolver
            return resolver.place_name(Place(symbol)).startswith("builtins.") or any(
                info.name in catalog.entries for catalog in resolver.sources
            )
        return symbol in self._module_names

    @cached_property
    def _module_names(self) -> frozenset[str]:
        """Global names that the module's own statements bind, whatever happens."""
        body = next(f.block for f in self.inference.module.functions if not f.name)
        return frozenset(
            e.symbol
            for s in body.statements
            if s.kind not in ("Try", "TryStar", "If", "While", "For", "With", "Match", "Del")
            for e in s.events
            if isinstance(e, Define) and not e.guarded
        )

    # -- failures ------------------------------------------------------------------------------

    def may_raise(self, event: Event) -> bool:
        """May this event raise an Exception? (Unbound names are looked at by the caller.)"""
        match event:
            case Invoke(call=call):
                return self.inference.facts(call).raises
            case Use(place=place, risk=risk):
                return self._use_may_raise(place, risk)
            case Operate(values=values, risk=risk):
                return self._operator_may_raise(values, risk)
            case Store() | Mutate() | Iterate() | Enter() | AwaitValue():
                return True
            case Control(word=word):
                return word in ("raise", "assert", "import", "class", "decorator", "store",
                                "expression", "yield", "target")  # fmt: skip
            case _:
                return False

    def _use_may_raise(self, place: Place, risk: Risk) -> bool:
        if risk in (Risk.NONE, Risk.NAME):
            return False
        if risk is Risk.ATTRIBUTE:
            return not self._has_attribute(place)
        return True

    def _has_attribute(self, place: Place) -> bool:
        resolver = self.inference.resolver
        if maybe_none(resolver, Place(place.symbol, place.steps[:-1])):
            return False
        info = resolver.module.symbols.get(place.symbol)
        module = info is not None and info.kind == "import" and not info.member
        if module and len(place.steps) == 1:
            return True  # what a module is imported for is there
        name = resolver.place_name(place)
        if any(catalog.entries.get(name) for catalog in resolver.sources):
            return True
        last = place.steps[-1]
        owner = resolver.place_type(Place(place.symbol, place.steps[:-1]))
        own = resolver.own.own_class(owner)
        if isinstance(last, Attr) and own is not None and last.name in own.methods:
            return True
        # An inner link of a chain: `client.chat` of `client.chat.completions.create`.
        return any(name in catalog.prefixes for catalog in resolver.sources)

    def _operator_may_raise(self, values: tuple[Value, ...], risk: Risk) -> bool:
        kinds = {self.inference.resolver.type_of(value) for value in values}
        if risk is Risk.FORMAT:
            return not kinds <= _TEXT_OR_NUMBER
        if risk is Risk.TRUTH:
            return not kinds <= CONTAINERS | _TEXT_OR_NUMBER
        if risk is Risk.OPERATOR:
            return not (kinds == {"builtins.str"} or kinds <= _NUMBER - {"builtins.bool"})
        return True


def visible_writes(
    footprint: Footprint, seen: frozenset[str], everything_seen: bool
) -> list[Effect]:
    """The writes that somebody can see if the function fails afterwards.

    ``seen``: symbols that a handler, a closure or the module sees; ``everything_seen``: all of them
    (module level, or a handler around the block).
    """
    found: list[Effect] = []
    for effect in footprint.effects:
        if not effect.writes or effect.resource.domain in ("log", "random"):
            continue
        selector = effect.resource.selector
        if isinstance(selector, Name):
            if everything_seen or selector.symbol in seen or selector.symbol.startswith(":"):
                found.append(effect)
        elif isinstance(selector, Memory):
            if everything_seen or selector.world or selector.root in seen:
                found.append(effect)
        else:
            found.append(effect)
    return found
