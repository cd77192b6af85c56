"""Where the objects that a function's names mean come from: access paths of what it was handed.

``order = self.orders[key]`` makes ``order`` the object at ``self.orders[key]``, and a store through
it a store there. Flow-insensitive and inclusion-based, after Andersen, "Program Analysis and
Specialization for the C Programming Language" (1994): a name may be every object that is ever
assigned to it. Objects that the function makes are told apart by where they are made; what they
hold is one set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..ir import Call, Define, Event, Function, Invoke, Mutate, Place, Store, Value
from .callees import Binding, Target, bind
from .catalog import Entry
from .roots import ANYTHING, Origin
from .selector import AnyKey, Attr, Key, Step, SymKey

if TYPE_CHECKING:
    from .inference import Inference

#: Paths are followed so far; what is deeper is "somewhere below".
_LONGEST = 8
_ROUNDS = 12
#: So many origins of one name are told apart.
_MOST = 48
#: Methods that answer with an item of their receiver, and the default that is handed in.
_ITEM = frozenset({"get", "pop", "setdefault", "popitem", "__getitem__"})
#: Methods that answer with a new container of the items of their receiver.
_ITEMS = frozenset({"values", "items", "keys", "copy"})
_CONTAINER = (
    "builtins.dict.", "builtins.list.", "builtins.set.", "builtins.tuple.", "plain.",
    "collections.defaultdict.", "collections.OrderedDict.", "collections.deque.",
)  # fmt: skip
_NEW = frozenset({
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.dict", "builtins.frozenset",
    "builtins.sorted", "builtins.reversed", "builtins.enumerate", "builtins.zip", "builtins.iter",
    "copy.copy",
})  # fmt: skip
_ONE = frozenset({"builtins.next", "builtins.min", "builtins.max"})


Origins = set[Origin]


class Sources:
    """The origins of what the names of one unit (a function and what is nested in it) mean."""

    def __init__(self, inference: Inference, functions: Iterable[Function], scope: str) -> None:
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
        self._held: dict[str, Origins] = {}
        self._kept: dict[str, Origins] = {}
        self._fresh: dict[Value, str] = {}
        self._changed = False
        self._solve()

    # -- answers -------------------------------------------------------------------------------

    def of(self, place: Place) -> Origins:
        """The objects at a path."""
        found = self._of_symbol(place.symbol)
        for step in place.steps:
            found = self._stepped(found, step)
        return found

    def of_value(self, value: Value) -> Origins:
        return self._value(value)

    def held(self, new: str) -> Origins:
        """What is reached from an object that is made here: others' objects only."""
        seen, todo, found = {new}, [new], set[Origin]()
        while todo:
            for origin in self._held.get(todo.pop(), ()):
                if not origin.new:
                    found.add(origin)
                elif origin.root not in seen:
                    seen.add(origin.root)
                    todo.append(origin.root)
        return found

    def kept(self, new: str) -> Origins:
        """The places outside at which an object that is made here was put."""
        seen, todo, found = {new}, [new], set[Origin]()
        while todo:
            for origin in self._kept.get(todo.pop(), ()):
                if not origin.new:
                    found.add(origin)
                elif origin.root not in seen:
                    seen.add(origin.root)
                    todo.append(origin.root)
        return found

    @property
    def made(self) -> tuple[str, ...]:
        """The objects made here that hold anything."""
        return tuple(self._held)

    def holders(self, new: str) -> set[str]:
        """The objects made here from which this one is reached."""
        found: set[str] = set()
        todo = [new]
        while todo:
            inner = Origin(todo.pop())
            for holder, held in self._held.items():
                if inner in held and holder not in found and holder != new:
                    found.add(holder)
                    todo.append(holder)
        return found

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
            self._held.setdefault(new, set()).add(ANYTHING)
            self._kept.setdefault(new, set()).add(ANYTHING)

    def _grow(self, table: dict[str, Origins], key: str, more: Iterable[Origin]) -> None:
        known = table.setdefault(key, set())
        added = {o for o in more if o not in known}
        if not added:
            return
        wide = [o for o in known if o.below]
        added = {o for o in added if not any(_within(o, other) for other in wide)}
        if added:
            self._changed = True
            known |= added
            if len(known) > _MOST:
                _widen(known)

    def _of_symbol(self, symbol: str) -> Origins:
        if symbol not in self._asked:
            self._asked.add(symbol)
            self._names[symbol] = set()
            self._names[symbol] |= self._find(symbol)
            self._changed = True
        return self._names[symbol]

    def _find(self, symbol: str) -> Origins:
        if symbol.startswith("call#"):
            return self._result(self.module.calls[symbol])
        info = self.module.symbols.get(symbol)
        if info is None:
            return {ANYTHING}
        if info.kind == "undefined":
            return set()
        if info.function and info.kind != "global":
            return {Origin(f"new {symbol}")}  # a function is an object, with attributes
        if info.kind in ("global", "import") and symbol.startswith(":"):
            return {Origin(symbol)}
        scope = symbol.rpartition(":")[0]
        if scope != self.scope and not scope.startswith(f"{self.scope}."):
            return {Origin(symbol)}  # a name of a function around this one
        found: Origins = {Origin(symbol)} if info.kind == "parameter" else set()
        if info.kind == "import" or info.opaque_bindings:
            found.add(ANYTHING)
        for value in info.values:
            found |= self._value(value, f"new {symbol}")
        return found

    def _value(self, value: Value, name: str = "") -> Origins:
        if self.resolver.immutable(value) and not value.held:
            return set()
        found: Origins = {ANYTHING} if value.anything else set()
        if value.place is not None:
            found = found | self.of(value.place)
        if value.element:
            for held in value.held:
                found = found | self._stepped(self._value(held), AnyKey())
        elif value.fresh:
            new = name or self._fresh.setdefault(value, f"new value {len(self._fresh)}")
            self._fresh.setdefault(value, new)
            for held in value.held:
                self._grow(self._held, new, self._value(held))
            found = found | {Origin(new)}
        else:
            for held in value.held:
                found = found | self._value(held, name)
        return found

    def _stepped(self, origins: Origins, step: Step) -> Origins:
        found: Origins = set()
        for origin in origins:
            if origin.new:
                found |= self._held.get(origin.root, set())
                found.add(origin)  # what it holds and was made here is not told apart from it
            elif origin.below:
                found.add(origin)
            elif len(origin.steps) >= _LONGEST or (isinstance(step, Attr) and step in origin.steps):
                found.add(Origin(origin.root, origin.steps, below=True))
            else:
                found.add(Origin(origin.root, (*origin.steps, self._step(step))))
        return found

    def _step(self, step: Step) -> Step:
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
                    values = values | self._stepped(values, AnyKey())
                self._put(owners, place.steps[-1], values)
            case Mutate(place=place):  # `xs += ys` puts what `ys` holds into `xs`
                if isinstance(after, (Define, Store)):
                    for held in after.value.held[1:]:
                        values = self._value(held)
                        more = values | self._stepped(values, AnyKey())
                        self._put(self.of(place), AnyKey(), more)
            case Invoke(call=call):
                self._call(call)
            case _:
                pass

    def _put(self, owners: Origins, step: Step, values: Origins) -> None:
        """``values`` become parts of ``owners``."""
        for owner in owners:
            if owner.new:
                self._grow(self._held, owner.root, values)
                for value in values:
                    if value.new and value.root != owner.root:
                        self._grow(self._kept, value.root, {owner})
            else:
                at = self._stepped({owner}, step)
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
        values = self._reached(values)
        for target in (call.receiver, *handed):
            if target is not None:
                self._put(self._value(target), AnyKey(), values)

    def _own_call(self, call: Call) -> None:
        """What a function of the project puts into what it is handed."""
        for link in self.inference.links(call) or ():
            groups = [self._value(value) for value in link.values]
            for i, group in enumerate(groups):
                others = set[Origin]().union(*(g for j, g in enumerate(groups) if j != i))
                more = {Origin(o.root, o.steps, below=not o.new) for o in others}
                if link.outer:
                    more.add(ANYTHING)
                for origin in group:
                    if origin.new:
                        self._grow(self._held, origin.root, more)
                        self._grow(self._kept, origin.root, {o for o in more if o != origin})

    # -- results -------------------------------------------------------------------------------

    def _result(self, call: Call) -> Origins:
        entry = self.resolver.entry(call)
        new = f"new {call.symbol}"
        if entry is None:
            return self._own_result(call, new)
        if self.resolver.immutable(Value(place=Place(call.symbol))):
            return set()
        if entry.returns == "immutable":
            return set()
        known = self._container_result(call, new)
        if known is not None:
            return known
        return self._entry_result(entry, call, new)

    def _container_result(self, call: Call, new: str) -> Origins | None:
        """What the methods of built-in containers, and builtins on them, answer with."""
        name = self.resolver.call_name(call)
        method = name.rpartition(".")[2]
        values = [a.value for a in call.arguments]
        if name.startswith(_CONTAINER) and call.receiver is not None:
            receiver = self._value(call.receiver)
            if method in _ITEM:
                step = self.key(values[0]) if values and method != "popitem" else AnyKey()
                found = self._stepped(receiver, step)
                for default in values[1:]:
                    found = found | self._value(default)
                return found
            if method in _ITEMS:
                self._grow(self._held, new, self._stepped(receiver, AnyKey()))
                return {Origin(new)}
        if name in _NEW:
            for value in values:
                items = self._stepped(self._value(value), AnyKey())
                if name == "builtins.dict":  # of pairs
                    items = items | self._stepped(items, AnyKey())
                self._grow(self._held, new, items)
            return {Origin(new)}
        if name in _ONE and values:
            found = self._stepped(self._value(values[0]), AnyKey())
            for value in values if name != "builtins.next" else values[1:]:
                found = found | self._value(value)
            return found
        if name == "copy.deepcopy":
            return {Origin(new)}
        return None

    def _entry_result(self, entry: Entry, call: Call, new: str) -> Origins:
        if entry.returns == "fresh" and not entry.pure:
            return {Origin(new)}
        found: Origins = {Origin(new)}
        handed = [a.value for a in call.arguments]
        kind = self.resolver.type_of(call.receiver) if call.receiver is not None else ""
        info = self.resolver.type_info(kind)
        receiver = call.receiver
        if receiver is not None and not (info is not None and info.handle):
            module = receiver.place is not None and self.resolver.module_like(receiver.place)
            handed += [] if module else [receiver]
        for value in handed:
            below = self._reached(self._value(value))
            self._grow(self._held, new, below)
            if entry.returns == "alias":
                found |= below
        if entry.returns == "alias" and not entry.pure:
            found.add(ANYTHING)
        return found

    def _reached(self, origins: Origins) -> Origins:
        """Objects, and all that is reached from them."""
        found: Origins = set()
        todo = list(origins)
        while todo:
            origin = todo.pop()
            one = origin if origin.new else Origin(origin.root, origin.steps, below=True)
            if one not in found:
                found.add(one)
                todo.extend(self._held.get(origin.root, ()) if origin.new else ())
        return found

    def _own_result(self, call: Call, new: str) -> Origins:
        found = [self._target_result(call, new, t) for t in self.inference.callees.targets(call)]
        return set[Origin]().union(*found) if found else {ANYTHING}

    def _target_result(self, call: Call, new: str, target: Target) -> Origins:
        if target.constructs:
            handed = set[Origin]().union(*(self._value(a.value) for a in call.arguments))
            self._grow(self._held, new, handed | ({ANYTHING} if target.shares else set()))
            if target.function is None:
                return {Origin(new)}
        assert target.function is not None
        summary = target.inference.summary(target.function)
        binding = bind(call, target)
        if binding is None:
            return {Origin(new)}
        if target.constructs:
            self._grow(self._held, new, self._translated(summary.held, binding))
            return {Origin(new)}
        self._grow(self._held, new, self._translated(summary.held, binding))
        found = self._translated(summary.result, binding)
        return found | {Origin(new)} if summary.makes else found

    def _translated(self, origins: Iterable[Origin], binding: Binding) -> Origins:
        """Origins in a callee's words → in ours."""
        found: Origins = set()
        for origin in origins:
            found |= self._there(origin, binding)
        return found

    def _there(self, origin: Origin, binding: Binding) -> Origins:
        if origin.root in binding.defaults:
            return {ANYTHING}
        value = binding.values.get(origin.root)
        if value is None:
            return {self.inference.roots.inward(origin)}
        found = self._value(value)
        for step in origin.steps:
            found = self._stepped(found, self._bound_step(step, binding))
        if origin.below:
            found = {o if o.new else Origin(o.root, o.steps, below=True) for o in found}
        return found

    def _bound_step(self, step: Step, binding: Binding) -> Step:
        if not isinstance(step, SymKey):
            return step
        value = binding.values.get(step.name) or binding.defaults.get(step.name)
        return self.key(value) if value is not None else AnyKey()


def _within(inner: Origin, outer: Origin) -> bool:
    """Is an origin one of those that another one, which is "or any below", stands for?"""
    size = len(outer.steps)
    return inner.root == outer.root and inner.steps[:size] == outer.steps


def _widen(origins: Origins) -> None:
    """Of a root with many paths, take all that is below it: sets stay small, and so do rounds."""
    counts = Counter(o.root for o in origins if not o.new)
    for root, count in counts.items():
        if count > _MOST // 4:
            origins.difference_update([o for o in origins if o.root == root])
            origins.add(Origin(root, (), below=True))


def attributes(steps: Iterable[Step]) -> Iterator[str]:
    """The names of the attributes on a path."""
    return (step.name for step in steps if isinstance(step, Attr))
