"""Where the functions of one module put objects: what may come to lie at two places at once.

Every store is looked at for what it places, and where. An object that is made in the expression
that places it lies nowhere else; one that has a name may be placed twice, by two stores or by two
turns of a loop. What is said here speaks of parameters; `trees` asks the calls what they hand in.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, zip_longest
from typing import TYPE_CHECKING

from ..classes import events_of
from ..ir import (
    AwaitValue,
    Call,
    Control,
    Define,
    Function,
    Invoke,
    Mutate,
    Place,
    Store,
    Value,
)
from ..items import element
from ..resolve import CONTAINERS
from ..typetext import MAPPINGS, is_plain
from ..within import located
from .answers import CONTAINER
from .callees import Target, bind
from .origins import Origins, Sources
from .placed import (
    PUTS_ITEM,
    PUTS_ITEMS,
    PUTS_NOTHING,
    Loops,
    Passed,
    Path,
    Placed,
    Put,
    Slot,
    loops_around,
    made_anew,
    nested,
    turned,
    within,
)
from .roots import Origin
from .selector import AnyKey, Attr, Key, Step

if TYPE_CHECKING:
    from .inference import Inference

_FIELD = frozenset({"dataclasses.field", "pydantic.Field", "attrs.field"})
#: What makes an object again as it was, with what lies in it twice.
_COPIES = frozenset({"copy.deepcopy", "copy.copy", "pickle.loads", "pickle.load"})
#: One evaluation of one expression: what it gives is placed once, wherever that may be.
_Once = tuple[int, int]
_Place = Slot | tuple[str, str] | None


class Placing:
    """One function, with what is nested in it, on its way to :class:`Placed`."""

    def __init__(self, inference: Inference, function: Function) -> None:
        self.inference = inference
        self.resolver = inference.resolver
        self.function = function
        self.sources: Sources = inference.sources(function)
        self._puts: dict[Put, None] = {}
        self._passed: dict[Passed, None] = {}
        self._lost: dict[Origin, None] = {}
        #: Objects made here → where they, or what lies at a path, are placed, each time.
        self._given: dict[str, list[tuple[_Place, Path, _Once]]] = {}
        self._event = 0
        self._parts: dict[int, tuple[Value, Value]] = {}  # by call, see `_item_or_default`
        self._twice: set[str] = set()
        self._tangled: set[str] = set()
        self._copied: dict[str, set[str]] = {}  # object made here → those it was copied from
        self._shown: list[tuple[tuple[str, str], str]] = []  # parameter, object that it is given
        self._filled: set[str] = set()
        #: Parameter → where what it is handed is placed: the place, the path, and "many times".
        self._handed: dict[str, list[tuple[Slot | tuple[str, str], Path, bool, _Once]]] = {}

    def placed(self) -> Placed:
        self._function(self.function, ())
        name = self.function.scope
        for function in self.inference.module.functions:
            if name and function.scope.startswith(f"{name}."):  # it may be called many times
                self._function(function, (made_anew(function.block),))
        sharing = self._spread()
        foreign = {
            r for r in self.sources.made if not self._constructed(r) and self.sources.held(r)
        }
        return Placed(
            tuple(self._puts),
            tuple(self._passed),
            tuple(self._lost),
            frozenset(sharing | foreign),
            any(root in sharing for root in self._returned()),
            frozenset(self._filled.union(*(self._fills(put) for put in self._puts))),
        )

    def _returned(self) -> set[str]:
        """The objects made here that the function returns."""
        return {
            origin.root
            for event in events_of(self.function)
            if isinstance(event, Control) and event.word == "return"
            for origin in self.sources.of_value(event.value)
            if origin.new
        }

    def _fills(self, put: Put) -> set[str]:
        """The parameter in which something comes to lie that may lie elsewhere."""
        info = self.inference.module.symbols.get(put.slot.owner.root)
        inside = info is not None and info.kind == "parameter"
        handed = put.what is not None and not put.again and put.what.root in self._handed
        return {put.slot.owner.root} if inside and not handed else set()

    # -- statements ----------------------------------------------------------------------------

    def _function(self, function: Function, outer: Loops) -> None:
        events = located(function)
        following = [event for event, _ in events[1:]]
        for (event, around), after in zip_longest(events, following):
            loops = (*outer, *loops_around(around))
            self._event += 1
            match event:
                case Store(place=place, value=value):
                    for owner in self._owners(Value(Place(place.symbol, place.steps[:-1]))):
                        self._put(Slot(owner, place.steps[-1]), value, loops)
                case Define(symbol=symbol, value=value):
                    self._define(symbol, value, loops)
                case Mutate(place=place, operator=sign):  # `xs += ys`
                    if sign[:1] in ("+", "*", "|") and isinstance(after, (Define, Store)):
                        self._items(self._owners(Value(place)), after.value.held[1:], loops)
                case Invoke(call=call):
                    self._call(call, loops)
                case Control(word="return", value=value):
                    self._inside(value, loops)
                case AwaitValue(value=value) | Control(word="yield" | "raise", value=value):
                    self._lose(self.sources.of_value(value))
                case _:
                    pass

    # -- what is put where ---------------------------------------------------------------------

    def _owners(self, value: Value) -> list[Origin]:
        """The objects that it may be; of somebody's object the steps that are written are known."""
        found, place = self.sources.of_value(value), value.place
        steps = place.steps if place is not None else ()
        return [o if o.root != "?" else Origin("?", steps) for o in found]

    def _define(self, symbol: str, value: Value, loops: Loops) -> None:
        scope, _, name = symbol.rpartition(":")
        info = self.inference.module.symbols[symbol]
        if info.kind == "import" or info.cls:
            return  # what is imported is spoken of by the name of the module it stands in
        if not scope:
            self._put(Slot(Origin(self.inference.roots.own), Attr(name)), value, loops)
        elif scope in self.inference.module.classes:
            factory = self._factory(value)
            if not (self._inert(value) or factory):  # all objects of the class share it
                self._puts[Put(Slot(Origin("?"), Attr(name)), None)] = None
        else:
            self._inside(value, loops)

    def _factory(self, value: Value) -> bool:
        """`field(default_factory=list)`: every object gets one of its own."""
        call = self.inference.module.calls.get(value.place.symbol) if value.place else None
        return call is not None and self.resolver.call_name(call) in _FIELD

    def _inert(self, value: Value) -> bool:
        return bool(value.function) or (self.resolver.immutable(value) and not value.held)

    def _inside(self, value: Value, loops: Loops) -> None:
        """What a display that gets a name, is returned or handed on holds."""
        self._repeated(value)
        if value.fresh and not value.function:
            for held in value.held:
                self._put(None, held, turned(value, loops))
        elif not value.element:
            for held in value.held:
                self._inside(held, loops)

    def _repeated(self, value: Value) -> None:
        """`[x] * 3` holds one object three times."""
        if value.operator and value.many:
            new = {o.root for o in self.sources.of_value(value) if o.new}
            self._tangled |= {root for root in new if self.sources.parts(root)}

    def _put(self, slot: Slot | None, value: Value, loops: Loops) -> None:
        """``value`` comes to lie at ``slot`` (None: in an object that is made here)."""
        if self._inert(value):
            return
        several = self._item_or_default(value)
        if several:
            for part in several:
                self._put(slot, part, loops)
            return
        if value.place is None and value.fresh:
            keys = {id(v): key for key, v in value.entries or ()}
            for held in value.held:
                step: Step = Key(keys[id(held)]) if id(held) in keys else AnyKey()
                self._put(within(slot, step), held, turned(value, loops))
            return
        if value.operator:
            self._repeated(value)
            if slot is not None and value.operator[0] in "+*|":  # others make numbers, or sets
                at = Origin(slot.owner.root, (*slot.owner.steps, slot.step), slot.owner.below)
                more = value.held[1:] if value.operator.endswith("=") else value.held
                self._items([at], more, loops)
                if value.many:
                    self._puts[Put(Slot(slot.owner, slot.step, below=True), None)] = None
            return
        if value.place is None and value.held and not value.element:
            for held in value.held:  # alternatives, or the operands of an operator
                self._put(slot, held, loops)
            return
        direct = value.place is not None and value.place.symbol.startswith("call#")
        for origin in self.sources.of_value(value):
            if origin.new:
                self._give(origin.root, slot, value)
                if not direct and loops and origin.root not in loops[-1]:
                    self._twice.add(origin.root)
            elif slot is not None:
                self._puts[Put(slot, origin)] = None
                self._hand_on(slot, origin, value, loops)

    def _item_or_default(self, value: Value) -> tuple[Value, ...]:
        """`d.get(key, default)` is the one or the other."""
        call = self.inference.module.calls.get(value.place.symbol) if value.place else None
        if call is None or value.place is None or value.place.steps or value.held:
            return ()
        name, receiver = self.resolver.call_name(call), call.receiver
        plain = not any(a.keyword or a.star for a in call.arguments)
        if receiver is None or receiver.place is None or not plain or len(call.arguments) != 2:
            return ()
        if not name.startswith(CONTAINER) or call.method not in ("get", "pop"):
            return ()
        known = self._parts.get(call.id)
        if known is None:
            step = self.sources.key(call.arguments[0].value)
            item = Value(place=receiver.place.then(step))
            known = self._parts[call.id] = (item, call.arguments[1].value)
        return known

    def _give(self, root: str, place: _Place, value: Value) -> None:
        once = (self._event, id(value))
        self._given.setdefault(root, []).append((place, self._part(root, value), once))

    def _part(self, root: str, value: Value) -> Path:
        """The path of a value below plain data made here, as far as it is written out."""
        place = value.place
        if place is None or not is_plain(self.resolver.values.of_symbol(place.symbol)):
            return ()
        info = self.inference.module.symbols.get(place.symbol)
        bound = info.values if info is not None and info.bindings == 1 else ()
        made = bound[0].place if len(bound) == 1 else None
        names = {place.symbol, made.symbol if made is not None and not made.steps else ""}
        return place.steps if root.removeprefix("new ") in names else ()

    def _hand_on(
        self, place: Slot | tuple[str, str], origin: Origin, value: Value, loops: Loops
    ) -> None:
        """What a parameter is, or holds, comes to lie somewhere."""
        info = self.inference.module.symbols.get(origin.root)
        if info is not None and info.kind == "parameter":
            again = bool(loops) and AnyKey() not in origin.steps
            once = (self._event, id(value))
            self._handed.setdefault(origin.root, []).append((place, origin.steps, again, once))

    def _items(self, owners: Iterable[Origin], values: Iterable[Value], loops: Loops) -> None:
        """All that ``values`` hold comes to lie in ``owners`` as well."""
        slots = [Slot(owner, AnyKey()) for owner in owners]
        for value in values:
            kind = self.resolver.values.of(value)
            held = kind.args if kind.name in MAPPINGS else (element(kind),)
            fixed = bool(held) and all(self.resolver.immutable_type(k.name) for k in held)
            if self._inert(value) or fixed:
                continue
            if value.fresh and value.place is None:
                for slot in slots:
                    for held in value.held:
                        self._put(slot, held, turned(value, loops))
                continue
            for origin in self.sources.of_value(value):
                for slot in slots:
                    if origin.new:
                        self._give(origin.root, slot, value)
                    else:
                        item = Origin(origin.root, (*origin.steps, AnyKey()), origin.below)
                        self._puts[Put(slot, item)] = None
                        self._hand_on(slot, item, value, loops)

    def _lose(self, origins: Origins) -> None:
        for origin in origins:
            if origin.new:
                self._twice.add(origin.root)
                for inner in (*self.sources.held(origin.root), *self.sources.kept(origin.root)):
                    self._lost[inner] = None
            elif origin.root != "?":
                self._lost[origin] = None

    # -- calls ---------------------------------------------------------------------------------

    def _call(self, call: Call, loops: Loops) -> None:
        entry = self.resolver.entry(call)
        if entry is None:
            targets = self.inference.callees.targets(call)
            for target in targets:
                self._own(call, target, loops)
            if not targets:
                self._unknown(call)
            return
        for argument in call.arguments:
            self._inside(argument.value, loops)
        if self.resolver.call_name(call) in _COPIES:
            handed = set[Origin]().union(*(self.sources.of_value(a.value) for a in call.arguments))
            self._copied[f"new {call.symbol}"] = {origin.root for origin in handed}
        if not entry.barrier and not any(t.domain == "memory" for t in entry.writes):
            return
        receiver, values = call.receiver, [a.value for a in call.arguments]
        if receiver is None or entry.barrier:
            self._unknown(call)
        elif call.method in PUTS_ITEM and values:
            step = self.sources.key(values[0]) if call.method == "setdefault" else AnyKey()
            for owner in self._owners(receiver):
                self._put(Slot(owner, step), values[-1], loops)
        elif call.method in PUTS_ITEMS:
            self._items(self._owners(receiver), values, loops)
        elif call.method not in PUTS_NOTHING:
            self._unknown(call)

    def _unknown(self, call: Call) -> None:
        """Unknown code may put anything anywhere; a known object of a library keeps its own."""
        entry, receiver = self.resolver.entry(call), call.receiver
        kind = self.resolver.type_of(receiver) if receiver is not None else ""
        info = self.resolver.type_info(kind) if entry is not None and not entry.barrier else None
        inside = info is not None and not info.plain and kind not in CONTAINERS
        for value in (None if inside else receiver, *(a.value for a in call.arguments)):
            if value is None or self._inert(value):
                continue
            if value.place is None or not self.resolver.module_like(value.place):
                self._lose(self.sources.of_value(value))

    def _own(self, call: Call, target: Target, loops: Loops) -> None:
        module = target.inference.resolver.module_name
        binding = bind(call, target)
        if binding is None or target.function is None:
            for argument in call.arguments:
                self._put(None, argument.value, loops)
            return
        placed = target.inference.placed(target.function)
        if placed.tangled:
            self._tangled.add(f"new {call.symbol}")
        links = target.inference.summary(target.function).links
        kept = frozenset[str]().union(*(names for names, _ in links))
        for parameter in target.function.parameters:
            value, default = binding.values.get(parameter), binding.defaults.get(parameter)
            if value is not None and value is not target.receiver:
                self._pass((module, parameter), value, loops, kept=parameter in kept)
            if value is not None and parameter in placed.filled:
                for origin in self.sources.of_value(value):
                    (self._tangled if origin.new else self._filled).add(origin.root)
            elif default is not None and not self._inert(default):  # one object for all calls
                self._passed[Passed(module, parameter, None)] = None

    def _pass(self, to: tuple[str, str], value: Value, loops: Loops, *, kept: bool) -> None:
        new = Passed(*to, None, fresh=True)
        self._passed.setdefault(new)
        if self._inert(value):
            return
        self._inside(value, loops)
        direct = value.place is not None and value.place.symbol.startswith("call#")
        for origin in self.sources.of_value(value):
            if not origin.new:
                self._passed[Passed(*to, origin)] = None
                if kept:
                    self._hand_on(to, origin, value, loops)
                continue
            self._shown.append((to, origin.root))
            if not kept or (value.fresh and value.place is None):
                continue  # it is placed nowhere, or made for the call
            self._give(origin.root, to, value)
            if not direct and not value.fresh and loops and origin.root not in loops[-1]:
                self._twice.add(origin.root)

    # -- objects that are made here ------------------------------------------------------------

    def _spread(self) -> set[str]:
        """An object that is placed twice, or holds others' objects, says so where it lies.

        Returns the objects made here that hold one that is placed twice.
        """
        twice = self._twice | {
            root for root, places in self._given.items()
            if any(one[2] != two[2] and nested(one[1], two[1])
                   for one, two in combinations(places, 2))
        }  # fmt: skip
        sharing = self._sharing(twice)
        for to, root in self._shown:
            if root in sharing:
                self._passed[Passed(*to, None, tangled=True)] = None
        for root, places in self._given.items():
            inner = () if self._constructed(root) else self.sources.held(root)
            for place, _, _ in places:
                if root in twice:
                    self._say(place, None)
                if root in sharing:
                    self._say(place, None, below=True)
                for origin in inner:
                    self._say(place, origin, below=True)
        for root, places in self._handed.items():
            for place, path, again, once in places:
                others = (other for _, other, _, at in places if at != once)
                if again or any(nested(path, other) for other in others):
                    self._say(place, Origin(root, path), again=True)
        return sharing

    def _sharing(self, twice: set[str]) -> set[str]:
        """The objects made here in which one lies twice: holders, and copies of such ones."""
        found = {holder for root in twice for holder in self.sources.holders(root)}
        found |= self._tangled
        while True:
            more = {new for new, old in self._copied.items() if old & found}
            more |= {holder for root in found for holder in self.sources.holders(root)}
            if more <= found:
                return found
            found |= more

    def _say(
        self, place: _Place, what: Origin | None, *, below: bool = False, again: bool = False
    ) -> None:
        if isinstance(place, Slot):
            slot = Slot(place.owner, place.step, below or place.below)
            self._puts[Put(slot, what, again=again)] = None
        elif place is not None:
            self._passed[Passed(*place, what, again=again)] = None

    def _constructed(self, root: str) -> bool:
        """Is it an object whose ``__init__`` says itself what it puts where?"""
        call = self.inference.module.calls.get(root.removeprefix("new "))
        if call is None or self.resolver.entry(call) is not None:
            return False
        target = self.inference.callees.target(call)
        return target is not None and target.constructs and target.function is not None
