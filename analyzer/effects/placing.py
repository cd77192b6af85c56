"""Where the functions of one module put objects: what may come to lie at two places at once.

Every store is looked at for what it places, and where. An object that is made in the expression
that places it lies nowhere else; one that has a name may be placed twice, by two stores or by two
turns of a loop. What is said here speaks of parameters; `trees` asks the calls what they hand in.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product, zip_longest

from ..classes import events_of, set_by_name
from ..container_methods import ONLY_TAKE, PUT_ITEM, PUT_ITEMS
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
from ..lineage import ENUMS, ancestry
from ..resolve import CONTAINERS
from ..typetext import CLASS, MAPPINGS, PLAIN
from ..within import located
from .callees import Target, bind
from .later import puts_later
from .placed import (
    Loops,
    Passed,
    Placed,
    Put,
    Slot,
    loops_around,
    made_anew,
    turned,
)
from .puts import Puts
from .roots import DEFAULTS, Origin
from .selector import AnyKey, Attr, Key, Step

_FIELD = frozenset({"dataclasses.field", "pydantic.Field", "attrs.field"})
#: What holds one object many times.
_REPEAT = frozenset({"builtins.dict.fromkeys", "itertools.repeat", "itertools.cycle"})
#: What makes an object again as it was, with what lies in it twice.
_COPIES = frozenset({"copy.deepcopy", "copy.copy", "pickle.loads", "pickle.load"})


class Placing(Puts):
    """One function, with what is nested in it, on its way to :class:`Placed`."""

    def placed(self) -> Placed:
        self._function(self.function, ())
        name = self.function.scope
        for function in self.inference.module.functions:
            if name and function.scope.startswith(f"{name}."):  # it may be called many times
                self._function(function, (made_anew(function.block),))
        returned = self._returned()
        self._twice |= self._held_twice()
        sharing = self._spread()
        foreign = {
            r
            for r in self.sources.made
            if (self._later(r) if self._constructed(r) else self.sources.held(r))
        }
        return Placed(
            tuple(self._puts),
            tuple(self._passed),
            tuple(self._lost),
            frozenset(sharing | foreign),
            any(root in sharing or self._doubled for root in returned) or self._copies_in(returned),
            frozenset(self._filled.union(*(self._fills(put) for put in self._puts))),
            frozenset(
                self.inference.roots.leaving(origin)
                for root in returned
                for origin in self._copied.get(root, ())
                if not origin.new
            ),
        )

    def _copies_in(self, returned: set[str]) -> bool:
        """Does something that is returned hold a copy, which may hold one object twice?"""
        inner = {o.root for root in returned for o in self.sources.reached({Origin(root)})}
        return any(
            not origin.new
            for root in inner - returned
            for origin in self._copied.get(root, ())
        )  # fmt: skip

    def _returned(self) -> set[str]:
        """The objects made here that the function returns."""
        return {
            origin.root
            for event in events_of(self.function)
            if isinstance(event, Control) and event.word in self._answers
            for origin in self.sources.of_value(event.value)
            if origin.new
        }

    def _fills(self, put: Put) -> set[str]:
        """The parameter in which something comes to lie that may lie elsewhere."""
        info = self.inference.module.symbols.get(put.slot.owner.root)
        inside = info is not None and info.kind == "parameter" and not put.copied
        owner, what = put.slot.owner, put.what
        handed = what is not None and not put.again and what.root in self._handed
        if handed and what is not None and what.root == owner.root:  # a part of itself
            stays = what == Origin(owner.root, (*owner.steps, put.slot.step))
            handed = stays or self.resolver.bound_class(owner.root) is not None
        return {owner.root} if inside and not handed else set()

    # -- statements ----------------------------------------------------------------------------

    def _function(self, function: Function, outer: Loops) -> None:
        events = located(function)
        following = [event for event, _ in events[1:]]
        for (event, around), after in zip_longest(events, following):
            loops = (*outer, *loops_around(around))
            self._event += 1
            match event:
                case Store(place=place, value=value):
                    inner = Place(place.symbol, place.steps[:-1])
                    owners = self._owners(Value(inner))
                    for owner in owners:
                        self._put(Slot(owner, place.steps[-1]), value, loops)
                    if place.steps[-1] == AnyKey() and self._sliced(inner, value):
                        self._items(owners, [value], loops)
                    self._of_class(Value(inner), place.steps[-1], value)
                case Define(symbol=symbol, value=value):
                    self._define(symbol, value, loops)
                case Mutate(place=place, operator=sign):  # `xs += ys`
                    if sign[:1] in ("+", "*", "|") and isinstance(after, (Define, Store)):
                        owner = Value(place)
                        for more in after.value.held[1:]:
                            self._extend(owner, more, loops, paired=sign[:1] == "|")
                case Invoke(call=call):
                    self._call(call, loops)
                case Control(word=word, value=value) if word in self._answers:
                    self._inside(value, loops)
                    self._answered |= {o.root for o in self.sources.of_value(value) if o.new}
                    if word == "yield":  # who entered it puts into it what he likes
                        self._lose(self.sources.of_value(value))
                case AwaitValue(value=value) | Control(word="yield" | "raise", value=value):
                    self._lose(self.sources.of_value(value))
                case _:
                    pass

    def _of_class(self, owner: Value, step: Step, value: Value) -> None:
        """What is set on a class is shown by all its objects, and by those of classes below it."""
        if not isinstance(step, Attr) or self._inert(value):
            return
        kind = self.resolver.values.of(owner)
        files = self.inference.everywhere or (self.inference,)
        if kind.name == CLASS or (not kind.known and any(one.class_values for one in files)):
            self._puts[Put(Slot(Origin("?"), step), None)] = None

    def _sliced(self, owner: Place, value: Value) -> bool:
        """May a store be one to a slice, which takes the items of what it is handed?"""
        kind = self.resolver.type_of(value)
        return self.resolver.place_type(owner) not in MAPPINGS and (
            not kind or (kind in CONTAINERS and kind not in MAPPINGS)
        )

    def _define(self, symbol: str, value: Value, loops: Loops) -> None:
        scope, _, name = symbol.rpartition(":")
        info = self.inference.module.symbols[symbol]
        if info.kind == "import" or info.cls:
            return  # what is imported is spoken of by the name of the module it stands in
        if not scope:
            self._put(Slot(Origin(self.inference.roots.own), Attr(name)), value, loops)
        elif scope in self.inference.module.classes:
            factory = self._factory(value)
            if self._enum(scope) or not (self._inert(value) or factory):  # all objects share it
                self._puts[Put(Slot(Origin("?"), Attr(name)), None)] = None
        else:
            self._inside(value, loops)

    def _enum(self, qualname: str) -> bool:
        """Is it a class of which two members may be one object?"""
        line = ancestry(self.resolver, f"{self.resolver.module_name}.{qualname}")
        return line is not None and any(level.name in ENUMS for level in line)

    def _factory(self, value: Value) -> bool:
        """`field(default_factory=list)`: every object gets one of its own."""
        call = self.inference.module.calls.get(value.place.symbol) if value.place else None
        return call is not None and self.resolver.call_name(call) in _FIELD

    # -- calls ---------------------------------------------------------------------------------

    def _call(self, call: Call, loops: Loops) -> None:
        entry = self.resolver.entry(call)
        setting = set_by_name(call)
        if setting is not None:
            name, place, value = setting
            self._of_class(Value(Place(place.symbol, place.steps[:-1])), Attr(name), value)
        if entry is None:
            targets = self.inference.callees.targets(call)
            for target in targets:
                self._own(call, target, loops)
            if not targets:
                self._unknown(call)
            return
        if puts_later(self.inference, entry, call):
            self._called_with(call)
        name, new = self.resolver.call_name(call), f"new {call.symbol}"
        fixed = self.resolver.immutable(Value(place=Place(call.symbol)))
        if call.receiver is not None:
            self._inside(call.receiver, loops)
        for argument in call.arguments:
            self._inside(argument.value, loops)
            if argument.keyword is not None and not fixed:  # `dict(a=x, b=x)`
                self._put(None, argument.value, loops)
            if name in _REPEAT and not self._inert(argument.value):
                found = self.sources.reached(self.sources.of_value(argument.value))
                self._twice |= {origin.root for origin in found if origin.new}
                self._tangled.add(new)
        if name in _COPIES:
            handed = set[Origin]().union(*(self.sources.of_value(a.value) for a in call.arguments))
            again = (self._copied.get(origin.root, set[Origin]()) for origin in handed)
            self._copied[new] = handed.union(*again)  # a copy of a copy
            if any(origin.new and self.sources.held(origin.root) for origin in handed):
                self._tangled.add(new)  # it may hold one object of others twice
        if not entry.barrier and not any(t.domain == "memory" for t in entry.writes):
            return
        receiver, values = call.receiver, [a.value for a in call.arguments]
        of_class = (
            receiver is not None
            and receiver.place is not None
            and receiver.place.symbol.startswith("builtins:")
        )  # `dict.update(d, …)`
        if receiver is None or entry.barrier or of_class:
            self._unknown(call)
        elif call.method in PUT_ITEM and values:
            step = self.sources.key(values[0]) if call.method == "setdefault" else AnyKey()
            for owner in self._owners(receiver):
                self._put(Slot(owner, step), values[-1], loops)
        elif call.method in PUT_ITEMS:
            self._put_items(call, self._owners(receiver), loops)
        elif call.method not in ONLY_TAKE:
            self._unknown(call)

    def _called_with(self, call: Call) -> None:
        """`map(rows.append, found)`: what is handed in may lie wherever the function puts it."""
        for argument in call.arguments:
            place = argument.value.place
            if place is not None and place.steps and isinstance(place.steps[-1], Attr):
                self._lose(self.sources.of(Place(place.symbol, place.steps[:-1])))
            found = self.sources.reached(self.sources.of_value(argument.value))
            self._lose({Origin(o.root, o.steps) for o in found})

    def _put_items(self, call: Call, owners: Iterable[Origin], loops: Loops) -> None:
        """`d.update(other, key=value)`: what another container holds, and values by their names."""
        paired = call.method in ("update", "__ior__")
        for argument in call.arguments:
            if argument.keyword is None:
                assert call.receiver is not None
                self._extend(call.receiver, argument.value, loops, paired=paired)
                if argument.star == "*":  # what the containers hold that lie in it
                    self._unknown(call)
                continue
            for owner in owners:
                self._put(Slot(owner, Key(argument.keyword)), argument.value, loops)

    def _extend(self, owner: Value, value: Value, loops: Loops, *, paired: bool) -> None:
        """`d |= [(key, value)]`: perhaps (``paired``) the values of pairs, and not the pairs."""
        listed = self.resolver.type_of(owner) not in (*MAPPINGS, PLAIN, "")
        paired = paired and not listed and self.resolver.type_of(value) not in MAPPINGS
        owners = self._owners(owner)
        slots = [Slot(one, AnyKey()) for one in owners]
        if paired and value.place is None and value.fresh and all(map(_display, value.held)):
            for slot, pair in product(slots, value.held):
                for held in pair.held:
                    self._put(slot, held, turned(value, loops))
            return
        self._items(owners, [value], loops)
        if not paired or self._all_fixed(value):
            return
        for origin in self.sources.of_value(value):
            if origin.new:
                self._lose({*owners, origin})
                continue
            pair = Origin(origin.root, (*origin.steps, AnyKey(), AnyKey()), origin.below)
            for slot in slots:
                self._puts[Put(slot, pair)] = None
                self._hand_on(slot, pair, value, loops)

    def _unknown(self, call: Call) -> None:
        """Unknown code may put anything anywhere; a known object of a library keeps its own."""
        entry, receiver = self.resolver.entry(call), call.receiver
        kind = self.resolver.type_of(receiver) if receiver is not None else ""
        info = self.resolver.type_info(kind) if entry is not None and not entry.barrier else None
        inside = info is not None and not info.plain and kind not in CONTAINERS
        for value in (None if inside else receiver, *(a.value for a in call.arguments)):
            if value is None or self._inert(value):
                continue
            of = self.resolver.type_info(self.resolver.type_of(value))
            if entry is not None and of is not None and of.leaf:
                continue  # there is nothing in it
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
        if placed.copied:
            copied = self.sources.answers.translated(placed.copied, binding)
            self._copied[f"new {call.symbol}"] = copied
        links = target.inference.summary(target.function).links
        joined = [names for names, outer in links if outer or len(names) > 1]
        kept = frozenset[str]().union(*joined)
        for names in joined:  # `x.add(x)`
            given = [v for name, v in binding.values.items() if name in names]
            roots = [
                {o.root for o in self.sources.reached(self.sources.of_value(v)) if o.new}
                for v in given
            ]
            for one, other in combinations(roots, 2):
                self._tangled |= one & other
                self._twice |= one & other
        for parameter in target.function.parameters:
            value, default = binding.values.get(parameter), binding.defaults.get(parameter)
            if value is not None and value is not target.receiver:
                self._pass((module, parameter), value, loops, kept=parameter in kept)
            if value is not None and parameter in placed.filled:
                for origin in self.sources.reached(self.sources.of_value(value)):
                    (self._tangled if origin.new else self._filled).add(origin.root)
            elif default is not None and not self._inert(default):  # one object for all calls
                own = Origin(DEFAULTS, (Attr(parameter),))
                self._passed[Passed(module, parameter, own)] = None

    def _show_inside(self, to: tuple[str, str], display: Value) -> None:
        """What a display holds that is handed on: others' objects, or such as have a name."""
        if all(map(self._new_only, display.held)):
            return
        found = self.sources.reached(self.sources.of_value(display))
        others = {origin for origin in found if not origin.new}
        if any(o.root == "?" for o in others) or not all(map(self._foreign, display.held)):
            self._passed[Passed(*to, None)] = None
        for origin in others:
            plain = Origin(origin.root, origin.steps)
            self._passed[Passed(*to, plain, inside=True)] = None

    def _foreign(self, value: Value) -> bool:
        """Is it made there, or nothing but an object of others?"""
        if self._new_only(value):
            return True
        if value.fresh:
            return not value.many and all(map(self._foreign, value.held))
        found = self.sources.of_value(value)
        return value.place is not None and not any(origin.new for origin in found)

    def _new_only(self, value: Value) -> bool:
        """Is it made in the very expression, with all that it holds?"""
        if self._inert(value):
            return True
        place = value.place
        if place is not None:
            direct = place.symbol.startswith("call#") and not place.steps
            return direct and all(origin.new for origin in self.sources.of_value(value))
        return value.fresh and not value.many and all(map(self._new_only, value.held))

    def _pass(self, to: tuple[str, str], value: Value, loops: Loops, *, kept: bool) -> None:
        inert = self._inert(value)
        origins = set[Origin]() if inert else self.sources.of_value(value)
        if not origins or any(origin.new for origin in origins):
            self._passed[Passed(*to, None, fresh=True)] = None
        if inert:
            return
        self._inside(value, loops)
        direct = value.place is not None and value.place.symbol.startswith("call#")
        for origin in origins:
            if not origin.new:
                self._passed[Passed(*to, origin)] = None
                if kept:
                    self._hand_on(to, origin, value, loops)
                continue
            self._shown.append((to, origin.root))
            if not kept:
                continue  # it is placed nowhere
            if value.fresh and value.place is None:  # made for the call
                self._show_inside(to, value)
                continue
            self._give(origin.root, to, value)
            if not direct and not value.fresh and loops and origin.root not in loops[-1]:
                self._twice.add(origin.root)


def _display(value: Value) -> bool:
    return value.place is None and value.fresh and not value.many
