"""What comes to lie where, while the events of a function are gone through (see `placing`)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

from ..container_methods import VIEWS
from ..ir import Function, Place, Value
from ..items import element
from ..managing import makes_manager
from ..settled import filled
from ..typetext import MAPPINGS, PLAIN, is_plain
from .answers import CONTAINER
from .later import marks_functions
from .origins import Origins, Sources
from .placed import (
    Given,
    Loops,
    Once,
    Passed,
    Path,
    Put,
    Slot,
    Where,
    nested,
    outside,
    slot_at,
    turned,
    within,
)
from .roots import ANYTHING, Origin
from .selector import AnyKey, Key, Step

if TYPE_CHECKING:
    from .inference import Inference

_Part = tuple[Path, Origin]


class Puts:
    """What one function, with what is nested in it, puts where, event by event."""

    def __init__(self, inference: Inference, function: Function) -> None:
        self.inference = inference
        self.resolver = inference.resolver
        self.function = function
        self.sources: Sources = inference.sources(function)
        self._puts: dict[Put, None] = {}
        self._passed: dict[Passed, None] = {}
        self._lost: dict[Origin, None] = {}
        self._given: dict[str, list[Given]] = {}  # by the object
        self._written: dict[str, list[Given]] = {}  # the same of displays, where they are written
        self._event = 0
        self._parts: dict[int, tuple[Value, Value]] = {}  # by call, see `_item_or_default`
        self._twice: set[str] = set()
        self._tangled: set[str] = set()
        managing = makes_manager(inference.resolver, function)
        self._answers = ("return", "yield") if managing else ("return",)
        self._answered: set[str] = set()  # objects made here that are returned
        self._copied: dict[str, Origins] = {}  # object made here → those it was copied from
        self._shown: list[tuple[tuple[str, str], str]] = []  # parameter, object that it is given
        self._filled: set[str] = set()
        #: Parameter → where what it is handed is placed: the place, the path, and "many times".
        self._handed: dict[str, list[tuple[Where, Path, bool, Once]]] = {}
        files = inference.everywhere or (inference,)
        self._marked = any(map(marks_functions, files))  # have functions attributes?
        self._doubled = False  # may a parameter lie twice in what is made here?

    def _owners(self, value: Value) -> list[Origin]:
        """The objects that it may be; of somebody's object the steps that are written are known."""
        found, place = self.sources.of_value(value), value.place
        steps = place.steps if place is not None else ()
        return [o if o.root != "?" else Origin("?", steps) for o in found]

    def _inert(self, value: Value) -> bool:
        if value.function and not (self._marked and value.place is not None):
            return True
        fixed = value.immutable and all(map(self._inert, value.held))
        return fixed or self.resolver.holds_nothing(value)

    def _inside(self, value: Value, loops: Loops) -> None:
        """What a display that gets a name, is returned or handed on holds."""
        self._repeated(value)
        if value.fresh and not value.function:
            for held in value.held:
                self._put(None, held, turned(value, loops))
        else:
            for held in value.held:
                self._inside(held, loops)

    def _repeats(self, value: Value) -> bool:
        """May an operator repeat a list that holds objects? What data says `n * 3` of does not."""
        if not (value.operator and value.many):
            return False
        kinds = [self.resolver.type_of(operand) for operand in value.held]
        return not all(kind == PLAIN or self.resolver.immutable_type(kind) for kind in kinds)

    def _repeated(self, value: Value) -> None:
        """`[x] * 3` holds one object three times."""
        if self._repeats(value):
            new = {o.root for o in self.sources.of_value(value) if o.new}
            self._tangled |= {root for root in new if self.sources.parts(root)}
            self._twice |= {o.root for root in new for o in self.sources.parts(root) if o.new}

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
            self._write(slot, value)
            keys = {id(v): key for key, v in value.entries or ()}
            for held in value.held:
                step: Step = Key(keys[id(held)]) if id(held) in keys else AnyKey()
                self._put(within(slot, step), held, turned(value, loops))
            return
        if value.operator:
            self._repeated(value)
            if slot is not None and value.operator[0] in "+*|":  # others make numbers, or sets
                at = Origin(slot.owner.root, (*slot.owner.steps, slot.step), slot.owner.below)
                if not value.operator.endswith("="):  # in place it is seen as a change
                    self._items([at], value.held, loops)
                if self._repeats(value):
                    self._puts[Put(Slot(slot.owner, slot.step, below=True), None)] = None
            return
        if value.element:
            self._inside(value, loops)  # `{**{"a": x, "b": x}}`
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
            else:
                if slot is not None:
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

    def _give(self, root: str, place: Where, value: Value, *, items: bool = False) -> None:
        once, path = (self._event, id(value)), self._part(root, value)
        if path and (not isinstance(place, Slot) or place.owner.new):
            self._twice.add(root)  # it lies there, and where it was taken from
        if isinstance(place, Slot) and place.owner.root == root:
            self._tangled.add(root)  # it, or a part of it, comes to lie in it (once more)
        stays = isinstance(place, Slot) and self._stays(place, value)
        self._given.setdefault(root, []).append(Given(place, path, once, items, stays))

    def _write(self, slot: Slot | None, value: Value) -> None:
        """A display lies where it is written; what it lies in may be named many times."""
        once = (self._event, id(value))
        for origin in self.sources.of_value(value):
            if origin.new:
                self._written.setdefault(origin.root, []).append(Given(slot, (), once))

    def _stays(self, slot: Slot, value: Value) -> bool:
        """`d["n"] = d["n"] or []`"""
        place = value.place
        if place is None or place.steps[-1:] != (slot.step,) or not isinstance(slot.step, Key):
            return False
        return self.sources.of(Place(place.symbol, place.steps[:-1])) == {slot.owner}

    def _written_again(self, root: str) -> bool:
        """Is a display placed somewhere else than where it is written?

        What is taken out of an object that nobody keeps lies nowhere else.
        """
        written = self._written[root]
        if len({one.once for one in written if one.place}) > 1:  # `a.x = b.x = {}`
            return True
        more = [given.place for given in self._given.get(root, ()) if not given.stays]
        if any(not isinstance(place, Slot) or place.owner.new for place in more):
            return True
        kept = {*self._given, *self._twice, *self._answered}
        kept.update(r for r, ones in self._written.items() if outside(ones))
        holders = self.sources.holders(root)
        return bool(more) and (outside(written) or not kept.isdisjoint(holders))

    def _part(self, root: str, value: Value) -> Path:
        """The path of a value below plain data made here, as far as it is written out."""
        place = value.place
        if place is None or not is_plain(self.resolver.values.of_symbol(place.symbol)):
            return ()
        info = self.inference.module.symbols.get(place.symbol)
        bound = info.values if info is not None and info.bindings == 1 else ()
        made = bound[0].place if len(bound) == 1 else None
        names = {place.symbol, made.symbol if made is not None and not made.steps else ""}
        change = filled(self.resolver, place.symbol)  # what others fill, they may tie together
        name = root.removeprefix("new ")
        call = self.inference.module.calls.get(name)
        own = call is not None and self.resolver.entry(call) is None
        if change.lost or change.puts or name not in names or own:
            return ()
        return place.steps[: change.depth]

    def _hand_on(self, place: Where, origin: Origin, value: Value, loops: Loops) -> None:
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
            if self._all_fixed(value):
                continue
            if value.fresh and value.place is None:
                for slot in slots:
                    for held in value.held:
                        self._put(slot, held, turned(value, loops))
                continue
            for origin in self.sources.of_value(value):
                for slot in slots:
                    if origin.new:
                        self._give(origin.root, slot, value, items=True)
                    else:
                        item = Origin(origin.root, (*origin.steps, AnyKey()), origin.below)
                        self._puts[Put(slot, item)] = None
                        self._hand_on(slot, item, value, loops)

    def _all_fixed(self, value: Value) -> bool:
        """Is there nothing in it that could be placed?"""
        kind = self.resolver.values.of(value)
        held = kind.args if kind.name in MAPPINGS else (element(kind),)
        fixed = bool(held) and all(self.resolver.immutable_type(k.name) for k in held)
        return fixed or self._inert(value)

    def _lose(self, origins: Origins) -> None:
        for origin in origins:
            if origin.new:
                self._twice.add(origin.root)
                for inner in (*self.sources.held(origin.root), *self.sources.kept(origin.root)):
                    self._lost[inner] = None
            elif origin.root != "?":
                self._lost[origin] = None

    # -- objects that are made here ------------------------------------------------------------

    def _spread(self) -> set[str]:
        """An object that is placed twice, or holds others' objects, says so where it lies.

        Returns the objects made here that hold one that is placed twice.
        """
        again = {root for root in self._written if self._written_again(root)}
        twice = self._twice | again | {
            root for root, places in self._given.items()
            if any(one.once != two.once and nested(one.path, two.path)
                   for one, two in combinations(places, 2))
        }  # fmt: skip
        self._tangled |= {  # a copy of others' objects that is no part of a known place
            root
            for root, places in self._given.items()
            if any(isinstance(given.place, tuple) for given in places)
            and any(not origin.new for origin in self._copied.get(root, ()))
        }
        sharing = self._sharing(twice)
        for to, root in self._shown:
            if root in sharing:
                self._passed[Passed(*to, None, tangled=True)] = None
        for root, places in self._written.items():
            for given in places if root in again else ():
                self._say(given.place, None)
        for root, places in self._given.items():
            inner = self._later(root) if self._constructed(root) else self.sources.paths(root)
            copies = self.sources.paths(root, self._copied) if self._copied else set[_Part]()
            for given in places:
                if isinstance(given.place, Slot):  # what holds it comes to lie in it
                    owner = given.place.owner.root
                    holds = {origin.root for origin in self.sources.held(root)}
                    self._filled |= {owner} & holds & set(self.function.parameters)
                if root in twice:
                    self._say(given.place, None)
                if root in sharing:
                    self._say(given.place, None, below=True)
                for path, origin in inner:
                    slot = slot_at(given, path)
                    self._say(slot or given.place, origin, below=slot is None)
                    info = self.inference.module.symbols.get(origin.root)
                    if info is not None and info.kind == "parameter":
                        one = (slot or given.place, origin.steps, False, given.once)
                        self._handed.setdefault(origin.root, []).append(one)
                self._copy(root, given)
                for path, origin in copies:
                    slot = slot_at(given, path) if origin.new else None
                    if slot is not None:
                        self._copy(origin.root, Given(slot, (), given.once))
                    elif origin.new and any(not o.new for o in self._copied[origin.root]):
                        self._say(given.place, None, below=True)
        for root, places in self._handed.items():
            for place, path, again, once in places:
                others = (other for _, other, _, at in places if at != once)
                if again or any(nested(path, other) for other in others):
                    self._say(place, Origin(root, path), again=True)
                    inside = not isinstance(place, Slot) or place.owner.new
                    self._doubled = self._doubled or inside
        return sharing

    def _later(self, root: str) -> set[_Part]:
        """What is put into an object after its ``__init__``, which says itself what it puts in."""
        return {
            ((), put.what or ANYTHING) for put in self._puts if put.slot.owner.root == root
        }  # fmt: skip

    def _copy(self, root: str, given: Given) -> None:
        """A part of a copy lies where it is put, and in the copy, which shares what was shared."""
        if not isinstance(given.place, Slot):
            if any(not origin.new for origin in self._copied.get(root, ())):
                self._say(given.place, None, below=True)
            return
        for origin in self._copied.get(root, ()):
            if not origin.new:
                part = Origin(origin.root, (*origin.steps, *given.path), origin.below)
                self._puts[Put(given.place, part, copied=root)] = None

    def _held_twice(self) -> set[str]:
        """The objects made here that several others hold: `list(xs)` beside `xs`.

        What goes through a container on its way (`items()`, `zip`) keeps nothing.
        """
        holders: dict[str, set[str]] = {}
        for holder in self.sources.made:
            if self._passes_on(holder):
                continue
            for part in self.sources.parts(holder):
                if part.new and part.root != holder:
                    holders.setdefault(part.root, set()).add(holder)
        for root in self.sources.made:  # an object that is reached from itself
            if root in {o.root for part in self.sources.parts(root) if part.new and
                        part.root != root for o in self.sources.reached({part})}:  # fmt: skip
                self._tangled.add(root)
        return {root for root, several in holders.items() if len(several) > 1}

    def _passes_on(self, root: str) -> bool:
        call = self.inference.module.calls.get(root.removeprefix("new ").partition("/")[0])
        if call is None:
            return False
        name = self.resolver.call_name(call)
        return call.method in VIEWS or name in (
            "builtins.enumerate", "builtins.zip", "builtins.reversed", "builtins.iter",
            "builtins.map", "builtins.filter",
        )  # fmt: skip

    def _sharing(self, twice: set[str]) -> set[str]:
        """The objects made here in which one lies twice: holders, and copies of such ones."""
        found = {holder for root in twice for holder in self.sources.holders(root)}
        found |= self._tangled
        while True:
            more = {new for new, old in self._copied.items() if {o.root for o in old} & found}
            more |= {holder for root in found for holder in self.sources.holders(root)}
            if more <= found:
                return found
            found |= more

    def _say(
        self, place: Where, what: Origin | None, *, below: bool = False, again: bool = False
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
