"""Exclusive handles: which calls use one, wherever it hides, and what cancelling does to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..aliases import Aliases
from ..ir import Call, Place, Value
from ..optional import annotated_types
from ..records import is_record
from ..resolve import Resolver
from ..typetext import PLAIN, is_plain
from .catalog import Entry
from .model import MEMORY, Resource
from .selector import Attr, Memory, text


def memory_at(resolver: Resolver, aliases: Aliases, place: Place, *, deep: bool = True) -> Memory:
    """The memory that an access path names, with all that is known of its object."""
    kind = resolver.identity(resolver.place_type(place))
    if is_plain(resolver.values.at(place)):
        kind = PLAIN
    info = resolver.type_info(kind)
    symbol = place.symbol
    known = resolver.module.symbols.get(symbol)
    imported = known is not None and known.kind == "import" and symbol.startswith(":")
    root, steps = (imported and resolver.roots.outward(symbol)) or (symbol, ())
    return Memory(
        root=root,
        steps=(*steps, *place.steps),
        deep=deep,
        stable=aliases.stable(symbol),
        group=aliases.group(symbol),
        world=aliases.world(symbol),
        type=kind,
        opaque=info is not None and info.handle,
        owner=resolver.identity(resolver.place_type(Place(symbol, place.steps[:-1])))
        if place.steps
        else "",
    )


@dataclass(frozen=True, slots=True)
class Used:
    """The exclusive handles that a call uses.

    ``cancel_unsafe``: cancelling it may break one. ``reached``: those that a declared tool is not
    handed itself, but which something that it is handed may hold.
    """

    handles: tuple[Resource, ...] = ()
    cancel_unsafe: bool = False
    reached: tuple[Resource, ...] = ()


class Handles:
    """The exclusive handles of one module."""

    def __init__(self, resolver: Resolver, aliases: Aliases) -> None:
        self.resolver = resolver
        self.aliases = aliases

    @cached_property
    def _exclusive(self) -> dict[str, bool]:
        """Symbols whose object is an exclusive handle; True if a cancelled call leaves it whole."""
        found: dict[str, bool] = {}
        for symbol in (*self.resolver.module.symbols, *self.resolver.module.calls):
            safe = self._exclusive_at(Place(symbol))
            if safe is not None:
                found[symbol] = safe
        return found

    def exclusive_type(self, kind: str) -> bool | None:
        """None if the type is no exclusive handle, else whether it may be cancelled half-way."""
        if not kind:
            return None
        info = self.resolver.type_info(kind)
        if info is not None:
            return info.cancel_safe if info.concurrency == "exclusive" else None
        return False if any(kind in c.exclusive for c in self.resolver.sources) else None

    def opened(self, entry: Entry) -> str:
        """The short name of the exclusive handle that a call opens when it is run, or ""."""
        kind = self.resolver.types.canonical(entry.type) if entry.type else ""
        opens = (entry.is_async or entry.threads) and self.exclusive_type(kind) is not None
        return kind.rpartition(".")[2] if opens else ""

    def _exclusive_at(self, place: Place) -> bool | None:
        """Is the object at a path an exclusive handle, or one of several types that are?"""
        kinds = {self.resolver.place_type(place), *annotated_types(self.resolver, place)}
        found = [safe for k in kinds if (safe := self.exclusive_type(k)) is not None]
        return all(found) if found else None

    def _fields(self, value: Value | None) -> list[Place]:
        """The place itself, and the attributes of an object of a class of this file."""
        if value is None or value.place is None:
            return []
        found = [value.place] if value.place.steps else []
        level, seen = [value.place], set[str]()
        while level:
            below: list[Place] = []
            for place in level:
                owner = self.resolver.place_type(place)
                if owner not in seen:
                    seen.add(owner)
                    names = self.resolver.own.fields_of(owner)
                    below += [place.then(Attr(name)) for name in names]
            found += below
            level = below
        return found

    def _parents(self, symbol: str) -> set[str]:
        """The exclusive handles that gave an object: a cursor uses its connection.

        As far as this file shows who gave it.
        """
        module, found, todo = self.resolver.module, set[str](), [symbol]
        while todo:
            name = todo.pop()
            info = module.symbols.get(name)
            places = [v.place for v in info.values if v.place] if info is not None else []
            for call in filter(None, map(module.calls.get, [name, *(p.symbol for p in places)])):
                given = call.receiver.place if call.receiver is not None else None
                if given is not None and given.symbol not in found and (
                    given.symbol in self._exclusive
                ):  # fmt: skip
                    found.add(given.symbol)
                    todo.append(given.symbol)
        return found

    def _made_of(self, symbols: Iterable[str]) -> set[str]:
        """What objects are or hold as far as assignments and displays of this file show."""
        found: set[str] = set()
        todo = list(symbols)
        while todo:
            symbol = todo.pop()
            if symbol not in found:
                found.add(symbol)
                info = self.resolver.module.symbols.get(symbol)
                for value in info.values if info is not None else ():
                    todo += self.aliases.sources(value)
        return found

    def used_by(self, entry: Entry, call: Call) -> Used:
        """The exclusive handles that a call uses: what it is handed is, holds, or may hold them.

        Of a declared tool with ``concurrency = "safe"`` the last is not so (docs/configuration.md).
        """
        roots = [
            value
            for value in (call.receiver, *(a.value for a in call.arguments))
            if value is not None and not is_record(self.resolver, value)
        ]
        sources = {source for value in roots for source in self.aliases.sources(value)}
        users = sources.union(*(self._parents(source) for source in sources))
        groups = {self.aliases.group(source) for source in users}
        direct = users | self._made_of(sources)
        found: dict[Resource, bool] = {}  # and whether a call of it may be cancelled
        reached: list[Resource] = []
        for symbol, safe in self._exclusive.items():
            handed = symbol in direct
            if self.aliases.group(symbol) in groups and (handed or entry.concurrency != "safe"):
                memory = Resource(MEMORY, memory_at(self.resolver, self.aliases, Place(symbol)))
                found[memory] = safe
                reached += [] if handed else [memory]
        for value in roots:
            for place in self._fields(value):
                safe = self._exclusive_at(place)
                if safe is not None:
                    memory = Resource(MEMORY, memory_at(self.resolver, self.aliases, place))
                    found[memory] = safe and found.get(memory, True)
        if entry.concurrency == "exclusive" and not found:
            if call.receiver is not None and call.receiver.place is not None:
                at = memory_at(self.resolver, self.aliases, call.receiver.place)
                found[Resource(MEMORY, at)] = False
            else:
                found[Resource("handle", text(entry.match))] = False
        broken = not all(found.values()) and entry.cancel != "safe"
        hidden = () if entry.origin.startswith("catalog") else tuple(reached)
        return Used(tuple(found), entry.cancel == "unsafe" or broken, hidden)
