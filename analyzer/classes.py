"""Classes and functions of one file: what they inherit, compute, set and define."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from .container_methods import PUT_ITEM, PUT_ITEMS
from .effects.selector import Attr
from .ir import (
    Call,
    ClassInfo,
    Define,
    Enter,
    Event,
    Function,
    Invoke,
    Module,
    Mutate,
    Place,
    Store,
    Use,
    Value,
)

#: Special methods that no operator on an existing object runs, or that are looked at elsewhere.
_QUIET_DUNDERS = frozenset({
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__class_getitem__", "__call__",
    "__enter__", "__exit__", "__aenter__", "__aexit__", "__aiter__", "__anext__", "__await__",
    "__iter__", "__next__",
})  # fmt: skip
#: Attributes of handles that may be set without making them do something else than is known.
_SETTINGS = frozenset({
    "headers", "params", "cookies", "timeout", "base_url", "max_redirects", "row_factory",
    "propagate", "disabled",
})  # fmt: skip


#: What may be anything but plain data.
_SOMETHING = Value(type="builtins.object")
_PUTTING = PUT_ITEM | PUT_ITEMS | {"__init__", "__imul__"}


def handed_on(function: Function) -> Iterator[Place]:
    """What is filled by whoever is handed its method: `map(rows.append, found)`."""
    named: Counter[Place] = Counter()
    for event in events_of(function):
        if isinstance(event, Use):
            named[event.place] += 1
        elif isinstance(event, Invoke) and event.call.function.place is not None:
            named[event.call.function.place] -= 1
    for place, more in named.items():
        last = place.steps[-1] if place.steps else None
        if more > 0 and isinstance(last, Attr) and last.name in _PUTTING:
            yield Place(place.symbol, place.steps[:-1])


def _meant(value: Value) -> Iterator[str]:
    """The names by which a value, or what it is a part of, may be known."""
    if value.place is not None:
        yield value.place.symbol
    for held in value.held if not value.fresh else ():
        yield from _meant(held)


def events_of(function: Function) -> Iterator[Event]:
    for statement in function.block.statements:
        yield from statement.events


def is_operator(method: str) -> bool:
    """Is it a special method that operators and builtins call?"""
    return method.startswith("__") and method.endswith("__") and method not in _QUIET_DUNDERS


def set_by_name(call: Call) -> tuple[str, Place, Value] | None:
    """``setattr(x, "name", value)``: the name, the path that is set, and the value."""
    place = call.function.place
    arguments = call.arguments
    if place != Place("builtins:setattr") or len(arguments) != 3:
        return None
    name = arguments[1].value.literal
    owner = arguments[0].value.place or Place("?")
    return (name, owner.then(Attr(name)), arguments[2].value) if isinstance(name, str) else None


class OwnClasses:
    """The classes of one module by their type names (``module.Class``)."""

    def __init__(self, module: Module, module_name: str) -> None:
        self.module = module
        self.prefix = f"{module_name}."

    @cached_property
    def _classes(self) -> dict[str, ClassInfo]:
        found: dict[str, ClassInfo] = {}

        def full(qualname: str, seen: frozenset[str]) -> ClassInfo:
            info = self.module.classes[qualname]
            computed, methods = info.computed, info.methods
            for base in info.bases:
                place = base.place
                own = self.module.symbols.get(place.symbol) if place is not None else None
                name = own.cls if own is not None else ""
                if name in self.module.classes and name not in seen:
                    more = full(name, seen | {qualname})
                    computed, methods = computed | more.computed, methods | more.methods
            return replace(info, computed=computed, methods=methods)

        for qualname in self.module.classes:
            found[qualname] = full(qualname, frozenset())
        merged: dict[str, ClassInfo] = {}
        for qualname, info in found.items():  # what is handed in may be of a subclass
            below = [found[q] for q in found if qualname in self._above(q, frozenset())]
            merged[qualname] = replace(
                info,
                computed=info.computed.union(*(b.computed for b in below)),
                methods=info.methods.union(*(b.methods for b in below)),
            )
        return merged

    def _above(self, qualname: str, seen: frozenset[str]) -> frozenset[str]:
        """The classes of this file that a class inherits from."""
        found: set[str] = set()
        for base in self.module.classes[qualname].bases:
            own = self.module.symbols.get(base.place.symbol) if base.place is not None else None
            name = own.cls if own is not None else ""
            if name in self.module.classes and name not in seen:
                found |= {name} | self._above(name, seen | {qualname})
        return frozenset(found)

    @cached_property
    def computed_names(self) -> frozenset[str]:
        """Attributes that some class of this file computes by code (properties, descriptors)."""
        return frozenset[str]().union(*(c.computed for c in self._classes.values())) - {
            name for c in self._classes.values() for name in c.methods if name.startswith("__")
        }

    @cached_property
    def dunders(self) -> frozenset[str]:
        """Special methods of the classes of this file that operators and builtins call."""
        return frozenset[str](
            m for c in self._classes.values() for m in c.methods
            if is_operator(m)
        )  # fmt: skip

    @cached_property
    def specials(self) -> frozenset[str]:
        """The same, and what goes through an object of one of them."""
        going = frozenset[str]().union(*(c.methods for c in self._classes.values()))
        return self.dunders | (going & {"__iter__"})

    @cached_property
    def hashable(self) -> bool:
        """May an object of a class of this file that compares in its own way be a key?

        A class that defines ``__eq__`` and not ``__hash__`` has none (reference, 3.3.1); a
        decorator may write it, and of two bases the other may have it.
        """
        classes = self.module.classes.values()
        return "__hash__" in self.module.names or any(
            c.decorators or c.keywords or len(c.bases) > 1 for c in classes
        )

    def fields_of(self, owner: str) -> tuple[str, ...]:
        """The attributes that the methods of a class of this file set on ``self``."""
        qualname = owner.removeprefix(self.prefix)
        if qualname == owner or qualname not in self.module.classes:
            return ()
        found: dict[str, None] = {}
        for name in self.family(qualname):
            found.update(dict.fromkeys(self._set_fields(name)))
            prefix = f"{name}:"  # annotated in the class body: dataclasses, models
            found.update(
                dict.fromkeys(
                    symbol.removeprefix(prefix)
                    for symbol, info in self.module.symbols.items()
                    if symbol.startswith(prefix) and info.annotations
                )
            )
        return tuple(found)

    def family(self, qualname: str) -> tuple[str, ...]:
        """A class and those of this file that it inherits from."""
        if qualname not in self.module.classes:
            return ()
        return (qualname, *sorted(self._above(qualname, frozenset())))

    def _set_fields(self, qualname: str) -> list[str]:
        found: list[str] = []
        for function in self.module.functions:
            if function.class_scope != qualname:
                continue
            for event in events_of(function):
                if isinstance(event, Store) and event.place.symbol == f"{function.scope}:self":
                    step = event.place.steps[0]
                    if isinstance(step, Attr):
                        found.append(step.name)
        return found

    @cached_property
    def reconfigured(self) -> frozenset[str]:
        """Variables whose object gets an attribute set, or a hook added: no catalogued handle."""
        found: set[str] = set()
        for function in self.module.functions:
            for event in events_of(function):
                if isinstance(event, (Store, Mutate)):
                    place = event.place
                elif isinstance(event, Invoke) and event.call.method in PUT_ITEM | PUT_ITEMS:
                    place = event.call.receiver.place if event.call.receiver else None
                else:
                    continue
                steps = place.steps if place is not None else ()
                for step in steps:
                    if place is not None and isinstance(step, Attr) and step.name not in _SETTINGS:
                        found.add(place.symbol)
        return frozenset(found)

    @cached_property
    def stores(self) -> dict[str, list[tuple[Place, Value | None]]]:
        """Attribute → where it is set in this file, and to what (None: changed in place)."""
        found: dict[str, list[tuple[Place, Value | None]]] = {}
        for function in self.module.functions:
            for event in events_of(function):
                if isinstance(event, (Store, Mutate)) and event.place.steps:
                    last = event.place.steps[-1]
                    if isinstance(last, Attr):
                        value = event.value if isinstance(event, Store) else None
                        found.setdefault(last.name, []).append((event.place, value))
                elif isinstance(event, Invoke):
                    one = set_by_name(event.call)
                    if one is not None:
                        found.setdefault(one[0], []).append(one[1:])
        return found

    @cached_property
    def stored_below(self) -> dict[str, list[Value]]:
        """Symbol → what is put somewhere below what it means, by subscripts and by methods."""
        found: dict[str, list[Value]] = {}
        for function in self.module.functions:
            for event in events_of(function):
                if isinstance(event, Store):
                    found.setdefault(event.place.symbol, []).append(event.value)
                elif isinstance(event, Invoke) and event.call.method in PUT_ITEM | PUT_ITEMS:
                    call = event.call
                    place = call.receiver.place if call.receiver is not None else None
                    if place is not None and call.arguments:
                        last = call.arguments[-1].value
                        items = call.method in PUT_ITEMS
                        value = Value(held=(last,), element=True) if items else last
                        found.setdefault(place.symbol, []).append(value)
            for place in handed_on(function):
                found.setdefault(place.symbol, []).append(_SOMETHING)
        return self._by_all_names(found)

    def _by_all_names(self, found: dict[str, list[Value]]) -> dict[str, list[Value]]:
        """What is put below a thing by one name is put there by all: `rows = self.rows`."""
        todo = list(found)
        while todo:
            name = todo.pop()
            info = self.module.symbols.get(name)
            for source in {s for value in (info.values if info else ()) for s in _meant(value)}:
                known = found.setdefault(source, [])
                more = [value for value in found[name] if value not in known]
                if more:
                    known += more
                    todo.append(source)
        return found

    @cached_property
    def reconfigured_fields(self) -> frozenset[str]:
        """Attributes whose object gets an attribute set that makes it something else."""
        return frozenset(
            step.name
            for name, stores in self.stores.items()
            for place, _ in stores
            for step in place.steps[-2:-1]
            if isinstance(step, Attr) and name not in _SETTINGS
        )

    @cached_property
    def conditional(self) -> frozenset[str]:
        """Symbols of this file that only some runs bind."""
        return frozenset(
            event.symbol
            for function in self.module.functions
            for event in events_of(function)
            if isinstance(event, Define) and event.guarded
        )

    @cached_property
    def super_calls(self) -> dict[int, Function]:
        """Calls of `super()` without arguments → the method that each stands in."""
        return {
            event.call.id: function
            for function in self.module.functions
            if function.class_scope and function.signature.positional
            for event in events_of(function)
            if isinstance(event, Invoke)
            and event.call.function.place == Place("builtins:super")
            and not event.call.arguments
        }

    @cached_property
    def entered(self) -> dict[int, Enter]:
        """Calls of which the result is entered where it is made, and used for nothing else."""
        from .managing import entered

        return entered(self.module)

    def bound_in(self, qualname: str) -> frozenset[str]:
        """The names that the body of a class binds."""
        prefix = f"{qualname}:"
        return frozenset(
            info.name
            for symbol, info in self.module.symbols.items()
            if symbol.startswith(prefix) and info.bindings
        )

    def function(self, qualname: str) -> Function | None:
        """A function of this file by its name in the file."""
        return self._functions.get(qualname)

    def module_function(self, name: str) -> Function | None:
        """A function of this file by its qualified name."""
        own = name.removeprefix(self.prefix)
        return self._functions.get(own) if own != name else None

    @cached_property
    def _functions(self) -> dict[str, Function]:
        return {f.qualname: f for f in self.module.functions if f.name}
