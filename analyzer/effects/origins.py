"""Where the objects that a function's names mean come from: access paths of what it was handed.

``order = self.orders[key]`` makes ``order`` the object at ``self.orders[key]``, and a store through
it a store there. Flow-insensitive and inclusion-based, after Andersen, "Program Analysis and
Specialization for the C Programming Language" (1994): a name may be every object that is ever
assigned to it. Objects that the function makes are told apart by where they are made; what they
hold is one set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..container_methods import PUT_ITEM
from ..ir import (
    AENTER,
    ENTER,
    UNTYPED,
    Call,
    Define,
    Event,
    Function,
    Invoke,
    Mutate,
    Place,
    Store,
    Value,
)
from ..lineage import class_at
from ..resolve import CONTAINERS, IMMUTABLE
from ..typetext import ERROR
from .answers import CONTAINER, Answers
from .holdings import Holdings, Origins
from .roots import ANYTHING, Origin
from .selector import AnyKey, Anything, Attr, Key, Step, SymKey, coincide

if TYPE_CHECKING:
    from .inference import Inference

#: Paths are followed so far; what is deeper is "somewhere below".
_LONGEST = 8
_ROUNDS = 12

_PLAIN = CONTAINERS | IMMUTABLE


class Sources(Holdings):
    """The origins of what the names of one unit (a function and what is nested in it) mean."""

    def __init__(self, inference: Inference, functions: Iterable[Function], scope: str) -> None:
        super().__init__()
        self.inference = inference
        self.scope = scope
        self.resolver = inference.resolver
        self.module = inference.module
        self._events: list[tuple[Event, Event | None]] = []
        for function in functions:
            events = [e for s in function.block.statements for e in s.events]
            self._events += zip(events, [*events[1:], None][: len(events)], strict=True)
        self._names: dict[str, Origins] = {}
        self._asked: set[str] = set()
        self._fresh: dict[Value | int, str] = {}  # by the expression
        self._sites: set[int] = set()
        for event, _ in self._events:
            if isinstance(event, Define) and (event.value.fresh or event.value.operator):
                self._fresh.setdefault(id(event.value), f"new {event.symbol}")
            for value in _values(event):
                self._expressions(value)
        self.answers = Answers(self)
        self._solve()

    @property
    def events(self) -> Iterator[Event]:
        return (event for event, _ in self._events)

    # -- answers -------------------------------------------------------------------------------

    def of(self, place: Place) -> Origins:
        """The objects at a path."""
        found = self._of_symbol(place.symbol)
        for i, step in enumerate(place.steps):
            if not isinstance(step, Attr):
                owner = self.resolver.place_type(Place(place.symbol, place.steps[:i]))
                if self.own_class(owner):
                    return {ANYTHING}  # what `__getitem__` answers with
            found = self.stepped(found, step)
        return found

    def own_class(self, kind: str, method: str = "") -> bool:
        """Is it a class of the project, (``method``: which defines that)?"""
        if "." not in kind or kind.startswith(("builtins.", "collections.", "typing.")):
            return False
        found = class_at(self.resolver, kind)
        return found is not None and (not method or method in found[1].methods)

    def of_value(self, value: Value) -> Origins:
        return self._value(value)

    def hold(self, new: str, step: Step, more: Iterable[Origin]) -> None:
        """Those may be what an object made here holds at a step."""
        self._grow(self._held.setdefault(new, {}), self.step(step), more)

    def _expressions(self, value: Value) -> None:
        """What is written at several places makes several objects, however alike they are."""
        self._sites.add(id(value))
        for held in value.held:
            self._expressions(held)

    # -- solving -------------------------------------------------------------------------------

    def _solve(self) -> None:
        for _ in range(_ROUNDS):
            self._changed = False
            for symbol in tuple(self._asked):
                self._grow(self._names, symbol, self._find(symbol))
            for event, after in self._events:
                self._event(event, after)
            if not self._changed:
                return
        for symbol in self._asked:  # it has not settled: any of them may be anything
            self._names.setdefault(symbol, set()).add(ANYTHING)
        for new in (*self._held, *self._fresh.values()):
            self.hold(new, AnyKey(), {ANYTHING})
            self._kept.setdefault(new, set()).add(ANYTHING)

    def _of_symbol(self, symbol: str) -> Origins:
        if symbol not in self._asked:
            self._asked.add(symbol)
            self._names[symbol] = set()
            self._names[symbol] |= self._find(symbol)
            self._changed = True
        return self._names[symbol]

    def _find(self, symbol: str) -> Origins:
        if symbol.startswith("call#"):
            return self.answers.result(self.module.calls[symbol])
        info = self.module.symbols.get(symbol)
        if info is None:
            return {ANYTHING}
        if info.kind == "undefined":
            return set()
        if info.kind in ("global", "import") and symbol.startswith(":"):
            return {Origin(symbol)}
        if self.resolver.values.of_symbol(symbol) == ERROR:
            return set()
        scope = symbol.rpartition(":")[0]
        within = scope.startswith(f"{self.scope}." if self.scope else "<")
        if scope != self.scope and not within:
            return {Origin(symbol)}  # a name of a function around this one
        if info.function:
            return {Origin(f"new {symbol}")}  # a function is an object, with attributes
        found: Origins = {Origin(symbol)} if info.kind == "parameter" else set()
        if info.kind == "import" or info.opaque_bindings:
            found.add(ANYTHING)
        for value in info.values:
            found |= self._value(value, f"new {symbol}")
        return found

    def _value(self, value: Value, name: str = "") -> Origins:
        if self.resolver.holds_nothing(value):
            return set()
        found: Origins = {ANYTHING} if value.anything else set()
        if value.place is not None:
            found = found | self.of(value.place)
        if value.element:
            step = Anything() if value.type == UNTYPED else AnyKey()  # an attribute, perhaps
            for held in value.held:
                own = self.own_class(self.resolver.type_of(held)) and value.type != UNTYPED
                more = {ANYTHING} if own else self.stepped(self._value(held), step)
                found = found | more  # of a class of the project it is what `__iter__` gives
        elif value.fresh or value.operator:
            site = id(value) if id(value) in self._sites else value
            new = self._fresh.setdefault(site, name or f"new value {len(self._fresh)}")
            found = found | {Origin(new)}
            if value.operator:
                found |= self._operator(value, new)
            else:
                self._display(value, new)
        else:
            for held in value.held:
                found = found | self._value(held, name)
                if value.type in (ENTER, AENTER) and self.own_class(self.resolver.type_of(held)):
                    found.add(ANYTHING)  # what `__enter__` gives
        return found

    def _display(self, value: Value, new: str) -> None:
        if not value.function:
            self.flat.add(new)
        keys = {id(item): key for key, item in value.entries or ()}
        for held in value.held:
            step: Step = Key(keys[id(held)]) if id(held) in keys else AnyKey()
            self.hold(new, step, self._value(held))

    def _operator(self, value: Value, new: str) -> Origins:
        """A new object of the parts of the operands; of classes of the project it may be one."""
        found: Origins = set()
        for i, operand in enumerate(value.held):
            origins = self._value(operand)
            self.hold(new, AnyKey(), self.stepped(origins, AnyKey()))
            kind = self.resolver.type_of(operand)
            if (i == 0 and value.operator.endswith("=")) or not (kind in _PLAIN or not kind):
                found |= origins
        if value.operator in ("*", "+") and all(
            self.resolver.type_of(operand) in _PLAIN for operand in value.held
        ):
            self.flat.add(new)  # a list of the items, text, or a number
        return found

    def stepped(self, origins: Origins, step: Step) -> Origins:
        """The objects that a step leads to from those."""
        found: Origins = set()
        step = self.step(step)
        for origin in origins:
            if origin.new:
                for at, parts in self._held.get(origin.root, {}).items():
                    if coincide(at, step):
                        found |= parts
                if origin.root not in self.flat:
                    found.add(origin)  # its own parts are not told apart from it
            elif origin.below:
                found.add(origin)
            elif len(origin.steps) >= _LONGEST or (
                isinstance(step, Attr) and origin.steps.count(step) > 1
            ):
                found.add(Origin(origin.root, origin.steps, below=True))
            else:
                found.add(Origin(origin.root, (*origin.steps, step)))
        return found

    def step(self, step: Step) -> Step:
        """A step as the caller can read it: a key that is a parameter, or any key."""
        if isinstance(step, SymKey):
            return self.key(Value(place=Place(step.name)))
        return step

    def key(self, value: Value) -> Step:
        """The step of subscripting with a value."""
        for _ in range(4):
            if value.is_literal:
                return Key(value.literal) if isinstance(value.literal, (str, int, bytes)) \
                    else AnyKey()  # fmt: skip
            place = value.place
            info = self.module.symbols.get(place.symbol) if place and not place.steps else None
            if place is None or info is None or info.bindings != 1 or info.opaque_bindings:
                return AnyKey()
            if info.kind == "parameter":
                return SymKey(place.symbol)
            if info.kind not in ("local", "global") or len(info.values) != 1 or info.unbound:
                return AnyKey()
            value = info.values[0]
        return AnyKey()

    # -- what is put where ---------------------------------------------------------------------

    def _event(self, event: Event, after: Event | None) -> None:
        match event:
            case Store(place=place, value=value):
                owners = self.of(Place(place.symbol, place.steps[:-1]))
                values = self._value(value)
                if place.steps[-1] == AnyKey():  # perhaps a slice, which takes the items
                    values = values | self.stepped(values, AnyKey())
                self._put(owners, place.steps[-1], values)
            case Mutate(place=place):  # `xs += ys` puts what `ys` holds into `xs`
                if isinstance(after, (Define, Store)):
                    for held in after.value.held[1:]:
                        values = self._value(held)
                        inner = self.stepped(values, AnyKey())
                        more = values | inner | self.stepped(inner, AnyKey())  # of pairs
                        self._put(self.of(place), AnyKey(), more)
            case Invoke(call=call):
                self._call(call)
            case _:
                pass

    def _put(self, owners: Origins, step: Step, values: Origins) -> None:
        """``values`` become parts of ``owners``."""
        for owner in owners:
            if owner.new:
                self.hold(owner.root, step, values)
                for value in values:
                    if value.new and value.root != owner.root:
                        self._grow(self._kept, value.root, {owner})
            else:
                at = self.stepped({owner}, step)
                for value in values:
                    if value.new:
                        self._grow(self._kept, value.root, at)

    def _call(self, call: Call) -> None:
        entry = self.resolver.entry(call)
        if entry is None:
            self._own_call(call)
            return
        written = [t for t in entry.writes if t.domain == "memory"]
        if not written:
            return
        handed = [a.value for a in call.arguments]
        values = set[Origin]().union(*(self._value(v) for v in handed))
        inserts = self.resolver.call_name(call).startswith(CONTAINER)
        if not (inserts and call.method in PUT_ITEM):
            # `xs.extend(ys)` puts what `ys` holds into `xs`, and `update` what its pairs hold.
            inner = self.stepped(values, AnyKey())
            values = self.reached(values) | inner | self.stepped(inner, AnyKey())
        for target in (call.receiver,) if inserts else (call.receiver, *handed):
            if target is not None:
                self._put(self._value(target), AnyKey(), values)

    def _own_call(self, call: Call) -> None:
        """What a function of the project puts into what it is handed."""
        for link in self.inference.links(call) or ():
            # It may put something into all that is reached from what it is handed.
            groups = [self.reached(self._value(value)) for value in link.values]
            for i, group in enumerate(groups):
                others = set[Origin]().union(*(g for j, g in enumerate(groups) if j != i))
                more = {Origin(o.root, o.steps, below=not o.new) for o in others}
                if link.outer:
                    more.add(ANYTHING)
                for origin in group:
                    if origin.new:
                        self.hold(origin.root, AnyKey(), more)
                        self._grow(self._kept, origin.root, {o for o in more if o != origin})


def _values(event: Event) -> Iterator[Value]:
    value = getattr(event, "value", None)
    if isinstance(value, Value):
        yield value
    if isinstance(event, Invoke):
        yield from (a.value for a in event.call.arguments)
        if event.call.receiver is not None:
            yield event.call.receiver
