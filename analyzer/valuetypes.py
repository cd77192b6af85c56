"""The types of values, names and paths of one module (flow-insensitive).

Where the candidates for a name's type disagree, or one of its bindings is not understood, its type
is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from . import items
from .annotated import annotated
from .caught import is_text
from .effects.selector import AnyKey, Attr, Step
from .fields import class_attribute, field, lacking, others
from .ir import AENTER, CAUGHT, ENTER, ITEM, OPAQUE, SLICE, UNTYPED, Place, SymbolInfo, Value
from .lineage import ancestry
from .plainness import doubted
from .returned import call_result, entered, own_function
from .settled import filled
from .typetext import (
    CLASS,
    ERROR,
    GENERATOR,
    NEVER,
    NONE,
    NUMBERS,
    OPEN,
    PLAIN,
    PLAIN_DATA,
    TEXT,
    UNKNOWN,
    Type,
    agrees,
    is_plain,
    join,
)

if TYPE_CHECKING:
    from .resolve import Resolver

_ARITHMETIC = frozenset({
    f"__{prefix}{name}__"
    for prefix in ("", "r")
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor",
                 "lshift", "rshift", "matmul")
} | {"__neg__", "__pos__", "__invert__"})  # fmt: skip
#: Builtins that make a new container, which nobody has annotated.
_MAKERS = frozenset({
    "builtins.list", "builtins.dict", "builtins.set", "builtins.sorted", "builtins.tuple",
    "collections.deque", "collections.defaultdict", "collections.OrderedDict",
})  # fmt: skip

_TABLES = frozenset({"builtins.dict", "builtins.list", "builtins.set"})


class ValueTypes:
    """Types within one module; asked for one at a time, and remembered."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.module = resolver.module
        self._known: dict[str, Type] = {}

    # -- values --------------------------------------------------------------------------------

    def of(self, value: Value) -> Type:
        if value.type in (ENTER, AENTER):
            return entered(self.resolver, value.held[0], asynchronous=value.type == AENTER)
        if value.type == SLICE:
            return items.piece(self.of(value.held[0]))
        if value.type == ITEM:
            return items.item(self.of(value.held[0]), AnyKey())
        if value.type in (UNTYPED, CAUGHT):
            return UNKNOWN
        if value.type:
            return self._made(value)
        if value.place is not None:
            return self.at(value.place)
        if value.parts and all(self.of(part).name == TEXT.name for part in value.parts):
            return TEXT
        if value.element:
            return join(items.element(self.of(held), value.index) for held in value.held)
        if value.held and not value.fresh:
            rows = [self.of(held) for held in value.held]
            if value.operator:
                return items.operated(rows, value.operator) or self._of_operator(rows)
            return self.combined(rows)
        return UNKNOWN

    def _of_operator(self, rows: list[Type]) -> Type:
        """What an operator makes of operands that agree; of several classes it may be neither."""
        found = self.combined(rows)
        return UNKNOWN if found.union else found

    def _made(self, value: Value) -> Type:
        """A literal, or a new container."""
        kind = value.type
        if not value.fresh:
            return Type(kind, exact=True)
        rows = [self.of(held) for held in value.held]
        if kind == "builtins.dict":
            if not value.held:
                return Type(kind, (NEVER, NEVER), exact=True)
            if value.keys is None:
                return Type(kind, exact=True)
            keys = {id(key) for key in value.keys}
            held = [found for v, found in zip(value.held, rows, strict=True) if id(v) not in keys]
            return Type(kind, (join(map(self.of, value.keys)), join(held)), exact=True)
        if kind == "builtins.list" and not rows:
            return Type(kind, (NEVER,), exact=True)
        if kind == GENERATOR:
            return Type(kind, (join(rows),))
        if any(held.element for held in value.held):  # starred: what stands where is not known
            return Type(kind, (join(rows),), exact=True)
        return items.display(kind, rows)

    def combined(self, rows: list[Type]) -> Type:
        """One of several values, or what an operator makes of them."""
        found = join(rows)
        if found.name.startswith("builtins.") or found.name == PLAIN or not found.known:
            return found
        lines = [ancestry(self.resolver, one.name) or () for one in found.each]
        operators = any(
            level.info is not None and level.info.methods & _ARITHMETIC
            for line in lines
            for level in line
        )
        return UNKNOWN if operators else found

    # -- paths ---------------------------------------------------------------------------------

    def at(self, place: Place) -> Type:
        found = self.of_symbol(place.symbol)
        start = 0
        if not found.known and place.steps:
            found, start = self._global(place)
        for step in place.steps[start:]:
            if not found.known or found == OPEN:
                return found
            found = self._step(found, step)
        return found

    def _step(self, found: Type, step: Step) -> Type:
        if not isinstance(step, Attr):
            return items.item(found, step)
        if not found.union:
            return self.attribute(found, step.name)
        name = step.name  # looked up on an object that does not have it, it raises
        having = [one for one in found.union if not lacking(self.resolver, one, name)]
        return join(self.attribute(one, name) for one in having)

    def attribute(self, owner: Type, name: str) -> Type:
        if owner.name == CLASS:
            return class_attribute(self.resolver, owner.arg(0), name)
        return field(self.resolver, owner, name)

    def _global(self, place: Place) -> tuple[Type, int]:
        """What an attribute of an imported module is, and how many steps lead to it."""
        info = self.module.symbols.get(place.symbol)
        project = self.resolver.project
        if info is None or info.kind != "import" or project is None:
            return UNKNOWN, 0
        name = info.target
        for i, step in enumerate(place.steps):
            if not isinstance(step, Attr):
                break
            name = f"{name}.{step.name}"
            if not project.holds(name):
                return self._imported(name), i + 1
        return UNKNOWN, 0

    def _imported(self, name: str) -> Type:
        """What a qualified name of another module of the project means."""
        project = self.resolver.project
        stated = project.stated(name) if project is not None else ""
        if stated:
            kind = Type(name, exact=True)
            return Type(CLASS, (kind,)) if stated == "class" else UNKNOWN
        found = project.definition(name, once=False) if project is not None else None
        if found is None or project is None or found.kind not in ("variable", "class"):
            return UNKNOWN
        if found.kind == "class":
            return Type(CLASS, (Type(found.name, exact=True),))
        inference = project.inference(found.module)
        symbol = f":{found.qualname}"
        return inference.resolver.values.of_symbol(symbol) if inference is not None else UNKNOWN

    # -- names ---------------------------------------------------------------------------------

    def of_symbol(self, symbol: str) -> Type:
        return self.resolver.solver.solve(symbol, self._known, lambda: self._configured(symbol))

    def _configured(self, symbol: str) -> Type:
        found = self._find(symbol)
        if found and symbol.startswith(":") and self.set_elsewhere(symbol[1:]):
            return UNKNOWN
        handle = found and self.resolver.is_handle(found.name)
        return UNKNOWN if handle and symbol in self.resolver.own.reconfigured else found

    @cached_property
    def _collected(self) -> dict[str, str]:
        """What `*args` and `**kwargs` mean: a new tuple, a new dictionary, whatever is annotated.

        https://docs.python.org/3/reference/compound_stmts.html#function-definitions
        """
        found: dict[str, str] = {}
        for function in self.module.functions:
            signature = function.signature
            if signature.star:
                found[f"{function.scope}:{signature.star}"] = "builtins.tuple"
            if signature.stars:
                found[f"{function.scope}:{signature.stars}"] = "builtins.dict"
        return found

    def set_elsewhere(self, name: str) -> bool:
        """May another module put something else in the place of a global?"""
        info = self.module.symbols[f":{name}"]
        index = self.resolver.index if info.kind == "global" and not info.cls else None
        module = self.resolver.module_name
        return index is not None and bool(index.function_replaced(module, name))

    def _find(self, symbol: str) -> Type:
        if symbol.startswith("call#"):
            return call_result(self.resolver, self.module.calls[symbol])
        info = self.module.symbols.get(symbol)
        if info is None:
            return UNKNOWN
        owner = self.resolver.bound_class(symbol)
        if owner is not None:
            kind, is_class = owner
            made = Type(f"{self.resolver.module_name}.{kind}")
            once = info.bindings == 1
            return (Type(CLASS, (made,)) if is_class else made) if once else UNKNOWN
        if info.cls and not info.unbound:
            kind = Type(f"{self.resolver.module_name}.{info.cls}", exact=True)
            return Type(CLASS, (kind,))
        if symbol in self._collected and info.bindings == 1:
            return Type(self._collected[symbol], exact=True)
        if info.kind == "import":
            return self._imported(info.target) if info.member else UNKNOWN
        if info.annotations:
            said = self._unless_filled(symbol, self._annotated(info))
            return doubted(self.resolver, said, symbol=symbol)
        if info.kind not in ("local", "global") or info.opaque_bindings:
            return UNKNOWN
        if is_text(self.resolver, symbol):
            return ERROR
        return self._assigned(symbol, info)

    def _annotated(self, info: SymbolInfo) -> Type:
        found = {annotated(self.resolver, text) for text in info.annotations}
        if len(found) != 1:
            return UNKNOWN
        kind = found.pop()
        fits = all(self.fits(kind, self.of(value)) for value in info.values)
        return kind if fits else UNKNOWN

    def fits(self, kind: Type, assigned: Type) -> bool:
        """May a value of the one type be what an annotation calls the other?"""
        if kind.union or assigned.union:  # one of several may have been tested to be that one
            return any(self.fits(k, one) for one in assigned.each for k in kind.each)
        if not kind or agrees(kind, assigned):
            return True
        line = ancestry(self.resolver, assigned.name)
        return line is not None and any(level.name == kind.name for level in line)

    def _assigned(self, symbol: str, info: SymbolInfo) -> Type:
        place = Place(symbol)
        values = [v for value in info.values for v in others(place, value)]
        kind = self._counter(place, info) or self.combined(
            [self._bound(symbol, value) for value in values]
        )
        table = kind.name in _TABLES and not kind.args and info.kind == "global"
        if table and len(info.values) == 1 and self.constants(info.values[0]):
            kind = self._table(kind, symbol)
        return doubted(self.resolver, self._unless_filled(symbol, kind), symbol=symbol)

    def _unless_filled(self, symbol: str, kind: Type) -> Type:
        """A type without what it is said to hold, if something else is put in in sight."""
        inner = list(_nested(kind))
        for value in self.resolver.own.stored_below.get(symbol, ()) if inner else ():
            put = self.of(value)
            if put.known and not any(not one.known or self.fits(one, put) for one in inner):
                return kind.bare
        return kind

    def _counter(self, place: Place, info: SymbolInfo) -> Type:
        """A name that begins as a number, and to which plain data is added: it stays a number."""
        added = [v for v in info.values if v.operator == "+=" and v.held[0].place == place]
        begun = join(self.of(v) for v in info.values if v not in added) if added else UNKNOWN
        if begun.name not in NUMBERS:
            return UNKNOWN
        rows = [items.operated([begun, self.of(v.held[1])], "+") for v in added]
        return (
            begun.bare if all(row is not None and row.name in NUMBERS for row in rows) else UNKNOWN
        )

    def _bound(self, symbol: str, value: Value) -> Type:
        """The type of a value once a name means it, by which the container may be changed."""
        found = self.of(value)
        if not found.args or not self.made(value):
            return found
        change = filled(self.resolver, symbol)
        if change.lost:
            return found.bare
        for key, put in change.puts:
            if key == OPAQUE and found.name != "builtins.dict":
                return found.bare
            found = items.put(found, self.of(key) if key is not None else None, self.of(put))
        return items.cut(found, change.depth)

    def made(self, value: Value) -> bool:
        """Is it a new container, of which no annotation says what it holds for all its life?"""
        if value.fresh:
            return True
        call = self.module.calls.get(value.place.symbol) if value.place is not None else None
        if call is None:
            return any(map(self.made, value.held))
        own = own_function(self.resolver, call)
        if own is not None:
            return not own[1].returns
        several = call.receiver is not None and bool(self.of(call.receiver).union)
        return several or self.resolver.call_name(call) in _MAKERS or call.method == "copy"

    def constants(self, value: Value) -> bool:
        """Is it a display of constants, and of displays of such?"""
        scalars = [v for v in _leaves(value) if v.type != NONE]
        return value.fresh and bool(scalars) and is_plain(self.of(value))

    def _table(self, kind: Type, symbol: str) -> Type:
        """A global that a display of constants fills: plain data, if nothing else is put in."""
        if not self.resolver.plain_values:
            return kind
        stored = self.resolver.own.stored_below.get(symbol, ())
        plain = all(
            is_plain(found) if (found := self.of(value)) else not self._own_object(value)
            for value in stored
        )
        index = self.resolver.index
        if index is not None and index.filled_elsewhere(self.resolver.module_name, symbol[1:]):
            return kind
        held = (PLAIN_DATA,) * (2 if kind.name == "builtins.dict" else 1)
        return Type(kind.name, held) if plain else kind

    def _own_object(self, value: Value, depth: int = 6) -> bool:
        """May it be an object of a class of the project, by a call in sight? Some have no type."""
        if any(self._own_object(held, depth - 1) for held in value.held if depth):
            return True
        if value.place is None or value.place.steps or not depth:
            return False
        call = self.module.calls.get(value.place.symbol)
        if call is not None:
            name = self.resolver.call_name(call)
            project = self.resolver.project
            found = project.definition(name) if project is not None else None
            known = name.removeprefix(f"{self.resolver.module_name}.")
            functions = {f.qualname for f in self.module.functions}
            return found is not None or known in self.module.classes or known in functions
        info = self.module.symbols.get(value.place.symbol)
        return info is not None and any(self._own_object(v, depth - 1) for v in info.values)


def _nested(kind: Type) -> Iterator[Type]:
    """All that a type says that its objects hold, however deep."""
    for arg in kind.args:
        yield arg
        yield from _nested(arg)


def _leaves(value: Value) -> Iterator[Value]:
    if value.is_literal:
        yield value
    for held in value.held:
        yield from _leaves(held)
