"""What a statement does as a whole: the union of its events' effects, with their reasons."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property

from .aftermath import Surroundings
from .bound import Binding, Bound, Unbound
from .class_values import stores_in_class
from .companions import companions
from .effects.inference import Inference
from .effects.model import Effect, Resource
from .effects.selector import AnyKey, Attr, Memory, Name, Step
from .event_effects import EventEffects
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
from .lineage import found_method
from .optional import maybe_none, value_may_be_none
from .own_code import members, own_code
from .present import has_field
from .resolve import CONTAINERS
from .typetext import GENERATOR, SCALARS, Type

#: What can be gone through whatever happens to it meanwhile.
_IN_ORDER = frozenset({
    "builtins.list", "builtins.tuple", "builtins.frozenset", "builtins.range",
})  # fmt: skip
#: What may be asked whether it holds a number or a text.
_LOOKED_INTO = frozenset({
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.dict",
})  # fmt: skip
#: What a manager does that is known, yet keeps statements in their order around it.
_ORDERED_MANAGERS = frozenset({"lock", "limiter", "transaction", "state"})


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
    plain_risk: bool = False  # something other than a call may raise
    calls: tuple[Call, ...] = ()


class Footprints:
    """Computes footprints within one module; caches those of statements."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.config = inference.config
        self.events = EventEffects(inference)
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
        raises = own = plain = False
        for event in events:
            if not (raises and own and plain) and self.may_raise(event):
                raises = True
                own = own or not (isinstance(event, Invoke) and event.call.awaited)
                plain = plain or not isinstance(event, Invoke)
            for effect in self.events.of(event):
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
            plain,
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
        if isinstance(event, (Store, Mutate)) and self.of_process(event):
            shown = self._shown(Value(place=event.place))
            return f"it changes {shown}, state of the whole process"
        held = event.values if isinstance(event, Operate) else ()
        if isinstance(event, Store) and event.place.steps[-1:] == (AnyKey(),):
            held = (event.value,)  # assigning to a slice drains what is assigned
        if any(self.inference.resolver.type_of(v) == GENERATOR for v in held):
            return "it advances a generator"
        own = own_code(self.inference, event)
        if own and not self._declared(event):
            return f"{own} is computed by code of the project"
        return ""

    def _declared(self, event: Event) -> bool:
        """Is it the look-up of a method that is declared? That is part of what is claimed of it."""
        if not isinstance(event, Use) or not event.place.steps:
            return False
        resolver = self.inference.resolver
        name = resolver.place_name(event.place)
        return any(catalog.find(name) for catalog in resolver.sources[:-1])

    def _operator_of_unknown(self, event: Event) -> bool:
        if isinstance(event, Use):
            return event.risk in (Risk.ITEM, Risk.ATTRIBUTE) and self.may_raise(event)
        return isinstance(event, Operate) and self.may_raise(event)

    def of_process(self, event: Event) -> bool:
        """Does it change what the whole process shares?"""
        return isinstance(event, (Store, Mutate)) and self._foreign(event.place)

    def _foreign(self, place: Place) -> bool:
        """An attribute of an imported module or of a class: `os.environ[…] = …`, `Desk.n = …`."""
        info = self.inference.module.symbols.get(place.symbol)
        imported = info is not None and info.kind == "import" and bool(place.steps)
        of_class = self.inference.callees.of_class(place)
        return imported or of_class or stores_in_class(self.inference, place)

    def manager(self, value: Value) -> str:
        """The kind of a context manager (catalog), "" if it is not known."""
        kind = self.inference.resolver.type_of(value)
        info = self.inference.resolver.type_info(kind)
        if info is not None:
            return info.manager
        # "A type that has declared calls is a known handle" (contract §3).
        sources = self.inference.resolver.sources[:-1]
        declared = bool(kind) and any(kind in catalog.prefixes for catalog in sources)
        return "handle" if declared else ""

    def _shown(self, value: Value) -> str:
        if value.place is not None:
            return f"`{self.inference.resolver.place_name(value.place)}`"
        return "a value"

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
        return frozenset[str]().union(*map(self.binding.binds, body.statements))

    def of_cells(self, symbol: str) -> bool:
        """Is it a global name of a notebook? Unbound, it is the same error in any function."""
        body = next(f.block for f in self.inference.module.functions if not f.name)
        return body.part == "frame" and symbol.startswith(":")

    @cached_property
    def companions(self) -> dict[str, frozenset[str]]:
        """Of a notebook: names that are bound whenever another one is."""
        return companions(self.inference.module, self.binding.binds, lambda s: self.of(s).raises)

    @cached_property
    def binding(self) -> Binding:
        return Binding(
            self.inference.module, lambda m: self.manager(m.value) in ("handle", "deadline")
        )

    @cached_property
    def unbound(self) -> Unbound:
        return Unbound(self.binding, self.certain)

    # -- failures ------------------------------------------------------------------------------

    def may_raise(self, event: Event) -> bool:
        """May this event raise an Exception?"""
        match event:
            case Invoke(call=call):
                return self.inference.facts(call).raises
            case Use(risk=Risk.NAME) | Define():
                return event in self.unbound
            case Use(place=place, risk=risk):
                return self._use_may_raise(place, risk)
            case Operate(risk=Risk.OPERATOR):
                return self._arithmetic_may_raise(event)
            case Operate(values=values, risk=risk):
                return self._operator_may_raise(values, risk)
            case Mutate(place=place, operator=sign) if sign and not place.steps:
                # The operator is an event of its own; on a number or a text nothing is stored.
                return not self.inference.resolver.immutable(Value(place=place))
            case Iterate(value=value, asynchronous=False):
                return self._iterating_may_raise(value)
            case Store() | Mutate() | Iterate() | Enter() | AwaitValue():
                return True
            case Control(word=word):
                return word in ("raise", "assert", "import", "class", "decorator", "store",
                                "expression", "yield", "target")  # fmt: skip
            case _:
                return False

    def _iterating_may_raise(self, value: Value) -> bool:
        """Nobody is asked but a built-in container; a dictionary minds being changed meanwhile."""
        resolver = self.inference.resolver
        built_in = resolver.type_of(value) in _IN_ORDER and value.type != GENERATOR
        return not built_in or value_may_be_none(resolver, value)

    def _use_may_raise(self, place: Place, risk: Risk) -> bool:
        if risk is Risk.NONE:
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
            return self._in_module(info.target, place.steps[0]) if info is not None else False
        name = resolver.place_name(place)
        if any(catalog.entries.get(name) for catalog in resolver.sources):
            return True
        last = place.steps[-1]
        kinds = resolver.values.at(Place(place.symbol, place.steps[:-1])).each
        if isinstance(last, Attr) and all(
            self._has_method(k, last.name) or has_field(resolver, k.name, last.name) for k in kinds
        ):
            return True
        # An inner link of a chain: `client.chat` of `client.chat.completions.create`.
        return any(name in catalog.prefixes for catalog in resolver.sources)

    def _in_module(self, module: str, step: Step) -> bool:
        """Does a module have an attribute? What one of a library is imported for is there."""
        owner = self.inference.of(module)
        if owner is None or not isinstance(step, Attr):
            return True
        name = f":{step.name}"
        if name in owner.module.symbols:
            return owner.footprints.certain(name, ())
        below = self.inference.of(f"{module}.{step.name}") is not None
        return below or owner.module.star_import or step.name.startswith("__")

    def _has_method(self, kind: Type, name: str) -> bool:
        known = members(self.inference, kind)
        computed = known is not None and name in known.computed
        return not computed and found_method(self.inference.resolver, kind.name, name) is not None

    def _operator_may_raise(self, values: tuple[Value, ...], risk: Risk) -> bool:
        kinds = {self.inference.resolver.type_of(value) for value in values}
        if risk is Risk.FORMAT:
            return not kinds <= SCALARS
        if risk is Risk.TRUTH:
            return not kinds <= CONTAINERS | SCALARS
        return True

    def _looks_for_scalar(self, event: Operate) -> bool:
        """Is a number, or a text, looked for in a built-in container of such?"""
        kind, within = map(self.inference.resolver.values.of, (event.values[0], event.values[-1]))
        if within.name not in _LOOKED_INTO or not within.args or kind.name not in SCALARS:
            return False
        return within.args[0].name in SCALARS and not value_may_be_none(
            self.inference.resolver, event.values[-1]
        )

    def _arithmetic_may_raise(self, event: Operate) -> bool:
        """Numbers and texts are compared and hashed; texts are only added, or looked for."""
        kinds = {self.inference.resolver.type_of(value) for value in event.values}
        if event.member and self._looks_for_scalar(event):
            return False
        if any(value_may_be_none(self.inference.resolver, value) for value in event.values):
            return True
        if kinds == {"builtins.str"}:
            return event.sign not in ("", "+")
        numbers = {"builtins.int"} if event.sign == "~" else {"builtins.int", "builtins.float"}
        return event.member or not kinds <= numbers


def visible_writes(footprint: Footprint, around: Surroundings | None = None) -> list[Effect]:
    """The writes that somebody can see if the function fails afterwards.

    Without ``around`` nobody sees its local names.
    """
    found: list[Effect] = []
    for effect in footprint.effects:
        if not effect.writes or effect.resource.domain in ("log", "random"):
            continue
        selector = effect.resource.selector
        if isinstance(selector, Name):
            if selector.symbol.startswith(":") or (around and around.sees(selector.symbol)):
                found.append(effect)
        elif isinstance(selector, Memory):
            shown = around and (around.everything_seen or selector.root in around.seen)
            if shown or selector.world:
                found.append(effect)
        else:
            found.append(effect)
    return found
