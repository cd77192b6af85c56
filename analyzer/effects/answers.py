"""What calls answer with, as objects by the paths that lead to them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from ..container_methods import ANSWER_ITEM, VIEWS
from ..ir import Call, Invoke, Iterate, Place, Value
from .callees import Binding, Target, bind
from .catalog import Entry
from .handed_on import answers
from .roots import ANYTHING, Origin
from .selector import AnyKey, Anything, Step, SymKey

if TYPE_CHECKING:
    from .origins import Sources

#: Methods that answer with a new container of the items of their receiver.
_ITEMS = frozenset({"values", "keys", "copy"})
CONTAINER = (
    "builtins.dict.", "builtins.list.", "builtins.set.", "builtins.tuple.", "plain.",
    "collections.defaultdict.", "collections.OrderedDict.", "collections.deque.",
)  # fmt: skip
_NEW = frozenset({
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.dict", "builtins.frozenset",
    "builtins.sorted", "builtins.reversed", "builtins.iter",
})  # fmt: skip
#: What holds new tuples of the items of its arguments.
_PAIRS = frozenset({"builtins.enumerate", "builtins.zip"})
_ONE = frozenset({"builtins.next", "builtins.min", "builtins.max"})


#: Go through what they are handed at once.
_CONSUMING = frozenset({
    f"builtins.{name}" for name in (
        "list", "tuple", "set", "frozenset", "dict", "sorted", "len", "sum", "any", "all", "min",
        "max",
    )
})  # fmt: skip
Origins = set[Origin]


def _direct(value: Value) -> set[str]:
    place = value.place
    return {place.symbol} if place is not None and not place.steps else set()


class Answers:
    """The results of the calls of one function."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    @cached_property
    def consumed(self) -> frozenset[str]:
        """The calls of which the result is gone through, or counted, where it is made."""
        found: set[str] = set()
        lazy: dict[str, set[str]] = {}
        for event in self.sources.events:
            if isinstance(event, Iterate):
                found.update(_direct(event.value))
            elif isinstance(event, Invoke):
                name = self.sources.resolver.call_name(event.call)
                given = {s for a in event.call.arguments for s in _direct(a.value)}
                if name in _CONSUMING:
                    found |= given
                elif name in _PAIRS or name == "builtins.reversed":
                    lazy[event.call.symbol] = given
        for symbol, given in lazy.items():
            found |= given if symbol in found else set()
        return frozenset(found)

    def result(self, call: Call) -> Origins:
        entry = self.sources.resolver.entry(call)
        new = f"new {call.symbol}"
        if entry is None:
            return self._own_result(call, new)
        if self.sources.resolver.immutable(Value(place=Place(call.symbol))):
            return set()
        if entry.returns == "immutable":
            return set()
        known = self._container_result(call, new)
        if known is not None:
            return known
        return self._entry_result(entry, call, new)

    def _container_result(self, call: Call, new: str) -> Origins | None:
        """What the methods of built-in containers, and builtins on them, answer with."""
        name = self.sources.resolver.call_name(call)
        method = name.rpartition(".")[2]
        values = [
            Value(held=(a.value,), element=True) if a.star else a.value for a in call.arguments
        ]
        if name.startswith(CONTAINER) and call.receiver is not None:
            receiver = self.sources.of_value(call.receiver)
            if method == "popitem":
                return self._pairs(new, [self.sources.stepped(receiver, AnyKey())])
            if method in ANSWER_ITEM:
                step = self.sources.key(values[0]) if values else AnyKey()
                found = self.sources.stepped(receiver, step)
                for default in values[1:]:
                    found = found | self.sources.of_value(default)
                return found
            kept = (
                receiver if method in VIEWS and call.symbol not in self.consumed else set[Origin]()
            )
            if method == "items":
                pairs = self._pairs(f"{new}/pair", [self.sources.stepped(receiver, AnyKey())])
                return self._holding(new, [pairs]) | kept  # a view shows what is put in later
            if method in _ITEMS:
                return self._holding(new, [self.sources.stepped(receiver, AnyKey())]) | kept
        items = [self.sources.stepped(self.sources.of_value(v), AnyKey()) for v in values]
        if name in _PAIRS:
            return self._holding(new, [self._pairs(f"{new}/pair", items)])
        if name == "builtins.dict":  # of a dictionary, of pairs, or of keywords
            named = [self.sources.of_value(a.value) for a in call.arguments if a.keyword]
            named += [
                self.sources.stepped(self.sources.of_value(a.value), AnyKey())
                for a in call.arguments
                if a.star == "**"
            ]
            pairs = [self.sources.stepped(i, AnyKey()) for i in items]
            return self._holding(new, items + pairs + named)
        if name in _NEW:
            return self._holding(new, items)
        if name == "copy.copy":
            kinds = [self.sources.resolver.type_of(value) for value in values]
            if any(self.sources.own_class(kind, "__copy__") for kind in kinds):
                return {ANYTHING}
            for value in values:
                item = self.sources.stepped(self.sources.of_value(value), Anything())
                self.sources.hold(new, Anything(), item)
            return {Origin(new)}
        if name in _ONE and values:
            found = self.sources.stepped(self.sources.of_value(values[0]), AnyKey())
            for value in values if name != "builtins.next" else values[1:]:
                found = found | self.sources.of_value(value)
            return found
        if name == "copy.deepcopy":
            return {Origin(new)}
        return None

    def _holding(self, new: str, items: Iterable[Origins]) -> Origins:
        """A new container that holds those, and nothing else."""
        self.sources.flat.add(new)
        for origins in items:
            self.sources.hold(new, AnyKey(), origins)
        return {Origin(new)}

    _pairs = _holding

    def _entry_result(self, entry: Entry, call: Call, new: str) -> Origins:
        if entry.returns == "fresh" and not entry.pure:
            return {Origin(new)}
        found: Origins = {Origin(new)}
        handed = [a.value for a in call.arguments]
        kind = self.sources.resolver.type_of(call.receiver) if call.receiver is not None else ""
        info = self.sources.resolver.type_info(kind)
        receiver = call.receiver
        if receiver is not None and not (info is not None and info.handle):
            module = receiver.place is not None and self.sources.resolver.module_like(
                receiver.place
            )
            handed += [] if module else [receiver]
        parts = [self.sources.reached(self.sources.of_value(value)) for value in handed]
        for value, items in answers(self.sources.resolver, entry, call):
            of_owner = self.sources.of_value(value)
            parts.append(
                self.sources.stepped(of_owner, AnyKey()) if items
                else self.sources.reached(of_owner)
            )  # fmt: skip
        for below in parts:
            self.sources.hold(new, AnyKey(), below)
            if entry.returns == "alias":
                found |= below
        if entry.returns == "alias" and not entry.pure:
            found.add(ANYTHING)
        return found

    def _own_result(self, call: Call, new: str) -> Origins:
        targets = self.sources.inference.callees.targets(call)
        found = [self._target_result(call, new, target) for target in targets]
        return set[Origin]().union(*found) if found else {ANYTHING}

    def _target_result(self, call: Call, new: str, target: Target) -> Origins:
        if target.constructs:
            handed = set[Origin]().union(*(self.sources.of_value(a.value) for a in call.arguments))
            self.sources.hold(new, AnyKey(), handed | ({ANYTHING} if target.shares else set()))
            if target.function is None:
                return {Origin(new)}
        assert target.function is not None
        summary = target.inference.summary(target.function)
        if summary.everything:  # what it answers with is not known, either
            self.sources.hold(new, AnyKey(), {ANYTHING})
            return {Origin(new)} if target.constructs else {Origin(new), ANYTHING}
        binding = bind(call, target)
        if binding is None:
            return {Origin(new)}
        if target.constructs:
            self.sources.hold(new, AnyKey(), self.translated(summary.held, binding))
            return {Origin(new)}
        self.sources.hold(new, AnyKey(), self.translated(summary.held, binding))
        found = self.translated(summary.result, binding)
        return found | {Origin(new)} if summary.makes else found

    def translated(self, origins: Iterable[Origin], binding: Binding) -> Origins:
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
            return {self.sources.inference.roots.inward(origin)}
        found = self.sources.of_value(value)
        for step in origin.steps:
            found = self.sources.stepped(found, self._bound_step(step, binding))
        if origin.below:
            found = {o if o.new else Origin(o.root, o.steps, below=True) for o in found}
        return found

    def _bound_step(self, step: Step, binding: Binding) -> Step:
        if not isinstance(step, SymKey):
            return step
        value = binding.values.get(step.name) or binding.defaults.get(step.name)
        return self.sources.key(value) if value is not None else AnyKey()
