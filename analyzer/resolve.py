"""Qualified names and types of values, from what one file shows (flow-insensitive).

Where the candidates for a symbol's type disagree, or one of its bindings is not understood, its
type is unknown (the empty string). Types are qualified names; ``plain`` is JSON-like plain data.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from .classes import OwnClasses
from .effects.catalog import Catalog, Entry, TypeInfo
from .effects.roots import Roots
from .effects.selector import Attr
from .ir import Call, Function, Module, Place, Value
from .lineage import Level, ancestry
from .solving import Solver
from .typetext import ERROR, PLAIN, SCALAR, Type
from .valuetypes import ValueTypes

if TYPE_CHECKING:
    from .composed import Servers
    from .index import Index
    from .plainness import Odd
    from .project import Project
    from .settled import Filled

#: Types that are no kind of object to be named.
_NOT_SHOWN = frozenset({"builtins.type", "<manager>", "<never>", "<open>", "<super>"})
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
#: Methods of these are no coroutines.
_NEVER_AWAITED = tuple(f"{name}." for name in CONTAINERS)
_BUILTINS = frozenset(dir(builtins))


def _static(function: Function) -> bool:
    return "builtins:staticmethod" in _decorators(function)


def _of_class(function: Function) -> bool:
    """Is the first parameter of a method the class?"""
    special = function.name in ("__new__", "__init_subclass__", "__class_getitem__")
    return special or "builtins:classmethod" in _decorators(function)


def _decorators(function: Function) -> set[str]:
    return {value.place.symbol for value in function.decorators if value.place is not None}


def _shown(found: Type) -> str:
    if found.name == SCALAR:
        return PLAIN
    return "" if found.name in _NOT_SHOWN else found.name


class Resolver:
    """Names and types within one module. ``sources`` are catalogs, strongest first."""

    def __init__(
        self,
        module: Module,
        sources: Sequence[Catalog],
        project: Project | None = None,
        *,
        plain_values: bool = True,
        servers: Servers | None = None,
    ) -> None:
        self.module = module
        self.servers = servers
        self.sources = sources
        self.project = project
        self.plain_values = plain_values
        self.annotations: dict[tuple[str, int], Type] = {}  # see `annotated`
        self.records: dict[str, bool] = {}  # see `records`
        self.present: dict[tuple[str, str], bool] = {}
        self.types = sources[-1]
        self.module_name = module.name or "__main__"
        self.own = OwnClasses(module, self.module_name)
        self.roots = Roots(self)
        self.values = ValueTypes(self)
        self.solver = project.solver if project is not None else Solver()
        self.lines: dict[str, tuple[Level, ...] | None] = {}  # by type name, see `lineage`
        self.open_lines: dict[str, tuple[Level, ...] | None] = {}
        self.fields: dict[str, Type] = {}  # by class and attribute, see `fields`
        self.returns: dict[str, Type] = {}  # by scope of a function, see `returned`
        self.odd: Odd | None = None  # see `plainness`
        self.marks: bool | None = None  # see `later`
        self.filled: dict[str, Filled] | None = None  # see `settled`
        self.find_index: Callable[[], Index] | None = None
        self.find_textual: Callable[[], bool] | None = None
        self._names: dict[int, str] = {}
        self._bound = {
            f"{f.scope}:{f.signature.positional[0]}": (f.class_scope, _of_class(f))
            for f in module.functions
            if f.class_scope and f.signature.positional and not _static(f)
        }

    @property
    def index(self) -> Index | None:
        """What the rest of the project may do to classes and globals."""
        return self.find_index() if self.find_index is not None else None

    # -- types ---------------------------------------------------------------------------------

    def type_info(self, name: str) -> TypeInfo | None:
        return self.types.types.get(name)

    def is_handle(self, name: str) -> bool:
        """Is it a catalogued handle, or a class that declarations know by its methods?"""
        info = self.type_info(name)
        return info.handle if info is not None else name in self._declared

    @cached_property
    def _declared(self) -> frozenset[str]:
        return frozenset[str]().union(*(c.prefixes for c in self.sources[:-1]))

    def immutable(self, value: Value) -> bool:
        return value.immutable or self.immutable_type(self.values.of(value).name)

    def holds_nothing(self, value: Value) -> bool:
        """Is a value immutable, and nothing reached from it that changes?

        A tuple that is displayed is immutable, and may hold others' objects.
        """
        if value.immutable:
            return not value.held
        return self.immutable_type(self.values.of(value).name)

    def immutable_type(self, name: str) -> bool:
        """Do objects of a type never change?"""
        info = self.type_info(name)
        return (
            name in IMMUTABLE
            or name in (SCALAR, ERROR.name)
            or (info is not None and info.immutable)
        )

    def type_of(self, value: Value) -> str:
        """The qualified name of a value's type, "" if it is not known, or a class is meant."""
        return _shown(self.values.of(value))

    def identity(self, kind: str) -> str:
        """A type if it tells objects apart: a class with unknown bases may be that of a handle.

        The bases of a class of another file are not looked for.
        """
        if kind.removeprefix(f"{self.module_name}.") in self.module.classes:
            return kind if ancestry(self, kind) is not None else ""
        known = "." not in kind or kind.startswith("builtins.") or self.type_info(kind) is not None
        inside = not known and self.project is not None and self.project.inside(kind)
        return "" if inside else kind

    def place_type(self, place: Place) -> str:
        return _shown(self.values.at(place))

    def symbol_type(self, symbol: str) -> str:
        return _shown(self.values.of_symbol(symbol))

    def bound_class(self, symbol: str) -> tuple[str, bool] | None:
        """The class of which a method's first parameter is an object; or is it the class itself?"""
        return self._bound.get(symbol)

    def self_class(self, place: Place) -> str:
        """The class of whose object the symbol of a path is the first argument of a method."""
        owner = self._bound.get(place.symbol)
        info = self.module.symbols.get(place.symbol)
        bound = owner is not None and info is not None and info.bindings == 1
        return f"{self.module_name}.{owner[0]}" if bound and owner is not None else ""

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
        unseen = any(a.star for a in call.arguments)
        for name in entry.unknown_if:
            value = argument(call, name, entry.params)
            if value is None or (unseen and all(a.keyword != name for a in call.arguments)):
                continue
            if not (value.is_literal and value.literal is None):
                return f"`{name}`"
        if unseen:
            return "`*` or `**` arguments that cannot be seen"
        positional = [a for a in call.arguments if a.keyword is None]
        return "more positional arguments than are known" if len(positional) > max(
            len(entry.params), 1
        ) else ""  # fmt: skip

    def plain_arguments(self, entry: Entry, call: Call) -> bool:
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
            known = self._call_name(call)
            if not self.solver.guessing:
                self._names[call.id] = known
        return known

    def _call_name(self, call: Call) -> str:
        if call.function.place is not None:
            kind = self.symbol_type(call.function.place.symbol) if self._variable(call) else ""
            called = f"{self.types.canonical(kind)}.__call__" if kind else ""
            if called in self.types.entries:  # an object that is called: a session factory
                return called
            return self.types.canonical(self.place_name(call.function.place))
        if call.receiver is not None:
            kind = _shown(self.having(self.values.of(call.receiver), call.method))
            return f"{kind or '?'}.{call.method}"
        return "?"

    def _variable(self, call: Call) -> bool:
        """Is a variable called, and no function or class by its name?"""
        place = call.function.place
        info = self.module.symbols.get(place.symbol) if place and not place.steps else None
        return info is not None and info.kind in ("local", "global", "parameter")

    def having(self, kind: Type, name: str) -> Type:
        """Of several types the one whose objects have an attribute: on others, it raises."""
        if not kind.union:
            return kind
        from .fields import lacking

        found = [one for one in kind.union if not lacking(self, one, name)]
        return found[0] if len(found) == 1 else kind

    def place_name(self, place: Place) -> str:
        if place.steps:
            *before, last = place.steps
            base = Place(place.symbol, tuple(before))
            found = self.values.at(base)
            kind = _shown(self.having(found, last.name) if isinstance(last, Attr) else found)
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

    def defined_thing(self, place: Place) -> bool:
        """Is it a function, a class or a module of the project? Naming one looks at no state."""
        info = self.module.symbols.get(place.symbol)
        if info is not None and (info.function or info.cls) and not place.steps:
            return True
        if info is None or info.kind != "import" or self.project is None:
            return False
        found = self.project.definition(self.place_name(place))
        return found is not None and found.kind in ("function", "class", "module")

    def entry(self, call: Call) -> Entry | None:
        """The strongest applicable entry by name, `when` and dispatch looked at."""
        from .effects.applicable import applies

        name = self.call_name(call)
        if call.awaited and name.startswith(_NEVER_AWAITED):
            return None  # then it is no such container
        for known in [*self._known_as(name, call), *self._on_plain_data(name)]:
            if self.disputed(known):
                return None
            for catalog in self.sources:
                for entry in catalog.find(known):
                    if not self.visible(entry, call):
                        continue
                    if not applies(self, entry, call):
                        continue
                    if entry.dispatch:
                        return self.dispatched(entry, call)
                    return entry
        return None

    def _on_plain_data(self, name: str) -> list[str]:
        """A method that no value of the type has: then it is other plain data, or the call raises.

        `{int(k) if k.isdigit() else k: v for k, v in orders.items()}` below `dict[int, Order]`.
        """
        owner, _, method = name.rpartition(".")
        kind = getattr(builtins, owner.removeprefix("builtins."), None)
        if not self.plain_values or not owner.startswith("builtins.") or not isinstance(kind, type):
            return []
        from .fields import added_to

        known = hasattr(kind, method) or added_to(self, (kind,), method)
        return [] if known else [f"{PLAIN}.{method}"]

    def _known_as(self, name: str, call: Call) -> list[str]:
        """The names that a declaration may have for a call: by type, and by place in the file."""
        place = call.function.place
        if place is None or len(place.steps) != 1 or not isinstance(place.steps[0], Attr):
            return [name]
        info = self.module.symbols.get(place.symbol)
        if info is None or info.kind not in ("import", "global"):
            return [name]
        written = self.types.canonical(f"{self.place_name(Place(place.symbol))}.{call.method}")
        return [name] if written == name else [name, written]

    def disputed(self, name: str) -> bool:
        """Do two declarations of one name, in one source, differ? Then neither is believed."""
        for catalog in self.sources[:-1]:
            declared = catalog.entries.get(name, ())
            if declared:
                claims = {(e.reads, e.writes, e.pure, e.barrier, e.affine) for e in declared}
                return len(claims) > 1 and not any(e.when or e.typed or e.select for e in declared)
        return False

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

    def dispatched(self, entry: Entry, call: Call) -> Entry | None:
        """`session.call_tool("x", {…})`: the entry of the tool that the literal name names."""
        from .effects.arguments import argument
        from .effects.servers import tool_of

        parameter = entry.dispatch[entry.dispatch.index("{") + 1 : entry.dispatch.index("}")]
        value = argument(call, parameter, entry.params)
        if value is None or not isinstance(value.literal, str) or self.excluded(entry, call):
            return None
        name = entry.dispatch.replace(f"{{{parameter}}}", value.literal)
        if self.disputed(name):
            return None
        found = tool_of(self, name, call)
        if found is None:
            return None
        # What the client makes of an answer is new, whatever the tool's declaration says.
        returns = "fresh" if entry.returns == "fresh" else found.returns
        return replace(found, arguments=entry.arguments, params=entry.params,
                       type=found.type or entry.type, returns=returns)  # fmt: skip

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
