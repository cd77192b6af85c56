"""Qualified names and types of values, from what one file shows (flow-insensitive).

Where the candidates for a symbol's type disagree, or one of its bindings is not understood, its
type is unknown (the empty string). Types are qualified names; ``plain`` is JSON-like plain data.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from .classes import OwnClasses, events_of
from .effects.catalog import Catalog, Entry, TypeInfo
from .effects.roots import Roots
from .effects.selector import Attr
from .ir import Call, Function, Module, Mutate, Place, Store, Value

if TYPE_CHECKING:
    from .lineage import Level
    from .project import Project

PLAIN = "plain"
ENTER = "<enter>"
GENERATOR = "<generator>"
_NUMBERS = frozenset({"builtins.int", "builtins.float", "builtins.bool", "builtins.complex"})
#: Containers that iterate without running anybody's code.
CONTAINERS = frozenset({
    PLAIN, "builtins.list", "builtins.dict", "builtins.set", "builtins.tuple", "builtins.str",
    "builtins.bytes", "builtins.frozenset", "builtins.range", "builtins.bytearray",
    "builtins.dict_items", "builtins.dict_keys", "builtins.dict_values",
})  # fmt: skip
IMMUTABLE = frozenset({
    "builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.None",
    "builtins.NoneType", "builtins.bytes", "builtins.complex", "builtins.ellipsis",
    "builtins.range",
})  # fmt: skip
_BUILTINS = frozenset(dir(builtins))


def _unbound(function: Function) -> bool:
    """Is the first parameter of a method no object of its class?"""
    return function.name == "__new__" or any(
        value.place is not None
        and value.place.symbol in ("builtins:staticmethod", "builtins:classmethod")
        for value in function.decorators
    )


class Resolver:
    """Names and types within one module. ``sources`` are catalogs, strongest first."""

    def __init__(
        self, module: Module, sources: Sequence[Catalog], project: Project | None = None
    ) -> None:
        self.module = module
        self.sources = sources
        self.project = project
        self.types = sources[-1]
        self.module_name = module.name or "__main__"
        self.own = OwnClasses(module, self.module_name)
        self.roots = Roots(self)
        self._types: dict[str, str] = {}
        self._busy: set[str] = set()
        self._names: dict[int, str] = {}
        self.lines: dict[str, tuple[Level, ...] | None] = {}  # by type name, see `lineage`
        self._self_types = {
            f"{f.scope}:{f.signature.positional[0]}": f.class_scope
            for f in module.functions
            if f.class_scope and f.signature.positional and not _unbound(f)
        }

    # -- types ---------------------------------------------------------------------------------

    def type_info(self, name: str) -> TypeInfo | None:
        return self.types.types.get(name)

    def immutable(self, value: Value) -> bool:
        if value.immutable:
            return True
        name = self.type_of(value)
        if name in IMMUTABLE:
            return True
        info = self.type_info(name)
        return info is not None and info.immutable

    def type_of(self, value: Value) -> str:
        if value.type == ENTER:
            return self._entered(value)
        if value.type:
            return value.type
        if value.place is not None:
            return self.place_type(value.place)
        if value.parts:
            kinds = {self.type_of(part) for part in value.parts}
            return kinds.pop() if len(kinds) == 1 and kinds <= {"builtins.str"} else ""
        if value.element:
            return self._element_type(value)
        if value.held and not value.fresh:
            kinds = {self.type_of(held) for held in value.held}
            if len(kinds) == 1:
                return kinds.pop()
            return "builtins.float" if kinds <= _NUMBERS else ""
        return ""

    def _element_type(self, value: Value) -> str:
        """What a container holds: known for plain data, text and ranges only."""
        kinds = {self.type_of(held) for held in value.held}
        if len(kinds) != 1:
            return ""
        return {PLAIN: PLAIN, "builtins.str": "builtins.str", "builtins.range": "builtins.int",
                "builtins.bytes": "builtins.int"}.get(kinds.pop(), "")  # fmt: skip

    def place_type(self, place: Place) -> str:
        base = self.symbol_type(place.symbol)
        if not place.steps:
            return base
        for step in place.steps:
            field = self._field_type(base, step.name) if isinstance(step, Attr) else ""
            if not field:
                break
            base = field
        else:
            return base
        return PLAIN if base == PLAIN and not isinstance(place.steps[-1], Attr) else ""

    def _field_type(self, owner: str, name: str) -> str:
        """The type of an attribute that a class of this file sets in its methods, or annotates."""
        prefix = f"{self.module_name}."
        if not owner.startswith(prefix) or owner[len(prefix) :] not in self.module.classes:
            return ""
        qualname = owner[len(prefix) :]
        symbol = f"{qualname}.{name}"
        known = self._types.get(symbol)
        if known is None:
            if symbol in self._busy:
                return ""
            self._busy.add(symbol)
            known = self._types[symbol] = self._find_field(qualname, name)
            self._busy.discard(symbol)
        return known

    def _find_field(self, qualname: str, name: str) -> str:
        info = self.module.classes[qualname]
        if name in info.computed or name in info.methods:
            return ""
        family = self.own.family(qualname)
        for owner in family:
            annotated = self.module.symbols.get(f"{owner}:{name}")
            if annotated is not None:
                if len(annotated.annotations) == 1:
                    return self.annotation(annotated.annotations[0])
                return ""
        found: set[str] = set()
        for function in self.module.functions:
            mine = function.class_scope in family
            for event in events_of(function):
                if isinstance(event, (Store, Mutate)) and event.place.steps[-1:] == (Attr(name),):
                    own = mine and event.place == Place(f"{function.scope}:self", (Attr(name),))
                    if not own or isinstance(event, Mutate):
                        return ""  # somebody else may set it too
                    found.add(self.type_of(event.value))
        return found.pop() if len(found) == 1 else ""

    def _entered(self, value: Value) -> str:
        manager = self.type_of(value.held[0])
        info = self.type_info(manager)
        if info is None:  # a class known by its declared methods enters as itself
            return manager if any(manager in c.prefixes for c in self.sources) else ""
        if info.enter is None:
            return manager
        return info.enter if isinstance(info.enter, str) else ""

    @cached_property
    def _declared(self) -> frozenset[str]:
        """Classes that declarations know by their methods."""
        return frozenset[str]().union(*(c.prefixes for c in self.sources[:-1]))

    def symbol_type(self, symbol: str) -> str:
        known = self._types.get(symbol)
        if known is not None:
            return known
        if symbol in self._busy:
            return ""
        self._busy.add(symbol)
        try:
            found = self._symbol_type(symbol)
            info = self.type_info(found)
            handle = info.handle if info is not None else found in self._declared
            if handle and symbol in self.own.reconfigured:
                found = ""
            self._types[symbol] = found
        finally:
            self._busy.discard(symbol)
        return found

    def _symbol_type(self, symbol: str) -> str:
        if symbol.startswith("call#"):
            return self._result_type(self.module.calls[symbol])
        info = self.module.symbols.get(symbol)
        if info is None:
            return ""
        if symbol in self._self_types:
            return self.self_class(Place(symbol))
        annotated = {self.annotation(text) for text in info.annotations}
        assigned = {self.type_of(value) for value in info.values}
        if info.annotations:
            assigned.discard("")
            if len(annotated) == 1 and (not assigned or assigned <= annotated | {"builtins.None"}):
                return annotated.pop()
            # A narrower value than the annotation says (a subclass) is not trusted either way.
            return ""
        if info.kind not in ("local", "global") or info.opaque_bindings or not assigned:
            return ""
        return assigned.pop() if len(assigned) == 1 else ""

    def self_class(self, place: Place) -> str:
        """The class of whose object the symbol of a path is the first argument of a method."""
        owner = self._self_types.get(place.symbol)
        info = self.module.symbols.get(place.symbol)
        bound = owner is not None and info is not None and info.bindings == 1
        return f"{self.module_name}.{owner}" if bound else ""

    def annotation(self, text: str) -> str:
        text = "|".join(part for part in text.split("|") if part != "builtins.None")
        if "|" in text or "?" in text:
            return ""
        if text.startswith("<module>."):
            text = f"{self.module_name}.{text[len('<module>.') :]}"
        return self.types.canonical(text)

    def _result_type(self, call: Call) -> str:
        entry = self.entry(call)
        if entry is not None and self.excluded(entry, call):
            return ""  # the handle has hooks: what is known of its type does not hold for it
        if entry is not None and entry.type and self._plain_arguments(entry, call):
            return self.types.canonical(entry.type)
        name = self.call_name(call)
        if name in self.types.types:
            known = any(catalog.find(name) for catalog in self.sources)
            return "" if known and entry is None else name
        prefix = f"{self.module_name}."
        if name.startswith(prefix) and name[len(prefix) :] in self.module.classes:
            return name
        own = self.own.module_function(name)
        if own is not None and own.is_generator and not call.awaited:
            return GENERATOR
        # A name whose methods are declared is a class, and calling it makes an instance.
        return name if self.constructs(call) else ""

    def constructs(self, call: Call) -> bool:
        """Does the call make a new instance of a class that the sources know by its methods?"""
        name = self.call_name(call)
        last = name.rpartition(".")[2]
        return last[:1].isupper() and any(name in c.prefixes for c in self.sources)

    def excluded(self, entry: Entry, call: Call) -> str:
        """The argument that makes an entry's claims not hold for this very call, or ""."""
        from .effects.arguments import argument

        if not entry.unknown_if:
            return ""
        for name in entry.unknown_if:
            value = argument(call, name, ())
            if any(a.keyword == name for a in call.arguments) and not (
                value is not None and value.is_literal and value.literal is None
            ):
                return f"`{name}`"
        if any(a.star for a in call.arguments):
            return "`*` or `**` arguments that cannot be seen"
        positional = [a for a in call.arguments if a.keyword is None]
        return "more positional arguments than are known" if len(positional) > max(
            len(entry.params), 1
        ) else ""  # fmt: skip

    def _plain_arguments(self, entry: Entry, call: Call) -> bool:
        from .effects.arguments import argument

        for name in entry.plain_args:
            value = argument(call, name, entry.params)
            if value is not None and not (self.immutable(value) or self.type_of(value) == PLAIN):
                return False
        return True

    # -- names ---------------------------------------------------------------------------------

    def call_name(self, call: Call) -> str:
        """The qualified name of what is called; for an untyped variable its place in the file."""
        known = self._names.get(call.id)
        if known is None:
            known = self._names[call.id] = self._call_name(call)
        return known

    def _call_name(self, call: Call) -> str:
        if call.function.place is not None:
            return self.types.canonical(self.place_name(call.function.place))
        if call.receiver is not None:
            kind = self.type_of(call.receiver)
            return f"{kind or '?'}.{call.method}"
        return "?"

    def place_name(self, place: Place) -> str:
        if place.steps:
            *before, last = place.steps
            base = Place(place.symbol, tuple(before))
            kind = self.place_type(base)
            owner = kind or self.place_name(base)
            return f"{owner}.{last.name}" if isinstance(last, Attr) else f"{owner}[]"
        if place.symbol.startswith("call#"):
            return f"{self.call_name(self.module.calls[place.symbol])}()"
        info = self.module.symbols.get(place.symbol)
        if info is None:
            return "?"
        if info.kind == "import":
            return info.target
        if info.kind == "undefined":
            return f"builtins.{info.name}" if info.name in _BUILTINS else info.name
        if info.function or info.cls:
            return f"{self.module_name}.{info.function or info.cls}"
        scope = place.symbol.rsplit(":", 1)[0]
        return ".".join(part for part in (self.module_name, scope, info.name) if part)

    # -- entries -------------------------------------------------------------------------------

    def module_like(self, place: Place) -> bool:
        """Is this a module, or a function of one, that a vocabulary knows? It is no state."""
        info = self.module.symbols.get(place.symbol)
        if info is None or info.kind != "import" or self.symbol_type(place.symbol):
            return False
        name = self.place_name(place)
        return name in self.types.entries or name in self.types.prefixes

    def entry(self, call: Call) -> Entry | None:
        """The strongest applicable entry by name, `when` and dispatch looked at."""
        name = self.call_name(call)
        if self.disputed(name):
            return None
        for catalog in self.sources:
            for entry in catalog.find(name):
                if not self.visible(entry, call):
                    continue
                if not self.applies(entry, call):
                    continue
                if entry.dispatch:
                    return self.dispatched(entry, call)
                return entry
        return None

    def disputed(self, name: str) -> bool:
        """Do two declarations of one name differ? Then neither is believed (contract §8)."""
        declared = [e for c in self.sources[:-1] for e in c.entries.get(name, ())]
        claims = {(e.reads, e.writes, e.pure, e.barrier, e.affine) for e in declared}
        return len(claims) > 1 and not any(e.when or e.typed for e in declared)

    def visible(self, entry: Entry, call: Call) -> bool:
        """A name without a dot means a name that the module neither defines nor imports."""
        if "." in entry.match or entry.match.startswith("mcp:"):
            return True
        place = call.function.place
        info = self.module.symbols.get(place.symbol) if place is not None else None
        return (
            info is not None
            and not (place and place.steps)
            and info.kind == "undefined"
            and not self.module.star_import
        )

    def applies(self, entry: Entry, call: Call) -> bool:
        from .effects.arguments import argument

        for name, allowed in entry.when.items():
            found = argument(call, name, entry.params)
            if found is None:
                if "" not in allowed:
                    return False
            elif not self._is_one_of(found, allowed):
                return False
        for name, kinds in entry.typed.items():
            found = argument(call, name, entry.params)
            if found is None or self.type_of(found) not in kinds:
                return False
        return True

    def _is_one_of(self, value: Value, allowed: tuple[object, ...]) -> bool:
        """A literal of the list, or a name that means one of its qualified names."""
        if value.is_literal:
            return value.literal in allowed and value.literal != ""
        return value.place is not None and self.place_name(value.place) in allowed

    def dispatched(self, entry: Entry, call: Call) -> Entry | None:
        """`session.call_tool("x", {…})`: the entry of the tool that the literal name names."""
        from .effects.arguments import argument

        parameter = entry.dispatch[entry.dispatch.index("{") + 1 : entry.dispatch.index("}")]
        value = argument(call, parameter, entry.params)
        if value is None or not isinstance(value.literal, str):
            return None
        name = entry.dispatch.replace(f"{{{parameter}}}", value.literal)
        if self.disputed(name):
            return None
        for catalog in self.sources:
            found = catalog.find(name)
            if found:
                # What the client makes of an answer is new, whatever the tool's declaration says.
                returns = "fresh" if entry.returns == "fresh" else found[0].returns
                return replace(found[0], arguments=entry.arguments, params=entry.params,
                               type=found[0].type or entry.type, returns=returns)  # fmt: skip
        return None

    def shown_name(self, call: Call) -> str:
        """The name to print and to declare: for a dispatched call the tool's."""
        from .effects.arguments import argument

        name = self.call_name(call)
        for catalog in self.sources:
            for entry in catalog.find(name):
                if entry.dispatch:
                    parameter = entry.dispatch.split("{")[1].split("}")[0]
                    value = argument(call, parameter, entry.params)
                    if value is not None and isinstance(value.literal, str):
                        return entry.dispatch.replace(f"{{{parameter}}}", value.literal)
        return name
