"""Where the code at hand shows that a container of ``Any`` holds more than plain data.

``context["session"].execute(…)`` and ``await context["client"].get(…)`` are no methods of text,
numbers, lists and dictionaries: then nothing is taken for granted of what the container holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .classes import events_of
from .container_methods import ANSWER_ITEM
from .effects.selector import AnyKey, Attr
from .ir import Enter, Invoke, Module, Place, Store, Use, Value
from .typetext import PLAIN, Type

if TYPE_CHECKING:
    from .resolve import Resolver

_PLAIN_NAMES = frozenset(
    name for kind in (str, int, float, bytes, list, dict, set, tuple) for name in dir(kind)
)
#: Methods that answer with a part of a container.
_PARTS = ANSWER_ITEM | {"values", "items"}
_ITEM = AnyKey()
#: Attributes are followed so far (`node = node.next` has no end).
_LONGEST = 8


@dataclass(frozen=True, slots=True)
class Odd:
    """Names, and attributes, whose containers hold something else."""

    symbols: frozenset[str]
    fields: frozenset[str]


def doubted(resolver: Resolver, found: Type, *, symbol: str = "", name: str = "") -> Type:
    """A type without what it holds, if that is said to be plain and the code shows otherwise."""
    if not _holds_plain(found):
        return found
    odd = resolver.odd
    if odd is None:
        odd = resolver.odd = _odd(resolver.module)
    return found.bare if symbol in odd.symbols or name in odd.fields else found


def _holds_plain(found: Type) -> bool:
    return any(arg.name == PLAIN or _holds_plain(arg) for arg in found.args)


def _odd(module: Module) -> Odd:
    used: set[Place] = set()  # paths of objects that are no plain data
    for function in module.functions:
        for event in events_of(function):
            used.update(_shown(event))
    symbols: set[str] = set()
    fields: set[str] = set()
    todo, seen = list(used), set(used)
    while todo:
        place = todo.pop()
        for i, step in enumerate(place.steps):
            if not isinstance(step, Attr):
                before = place.steps[i - 1] if i else None
                if isinstance(before, Attr):
                    fields.add(before.name)
                elif before is None:
                    symbols.add(place.symbol)
                break
        for source in map(_short, _sources(module, place)):
            if source not in seen and len(source.steps) <= _LONGEST and len(seen) < 10_000:
                seen.add(source)
                todo.append(source)
    return Odd(frozenset(symbols), frozenset(fields))


def _short(place: Place) -> Place:
    """A path up to its first item: what comes behind tells nothing of the container."""
    for i, step in enumerate(place.steps):
        if not isinstance(step, Attr):
            return Place(place.symbol, place.steps[: i + 1])
    return place


def _shown(event: object) -> Iterator[Place]:
    """The paths of which an event shows that they lead to no plain data."""
    if isinstance(event, (Use, Store)):
        for i, step in enumerate(event.place.steps):
            if isinstance(step, Attr) and (
                step.name not in _PLAIN_NAMES or isinstance(event, Store)
            ):
                yield Place(event.place.symbol, event.place.steps[:i])
    elif isinstance(event, Invoke) and event.call.awaited:
        receiver = event.call.receiver
        if receiver is not None and receiver.place is not None:
            yield receiver.place
        elif event.call.function.place is not None:
            yield event.call.function.place
    elif isinstance(event, Enter) and event.value.place is not None:
        yield event.value.place


def _sources(module: Module, place: Place) -> Iterator[Place]:
    """The paths that an object is taken from: a name's values, the container of an item."""
    call = module.calls.get(place.symbol)
    values: tuple[Value, ...] = ()
    if call is not None:
        receiver = call.receiver.place if call.receiver is not None else None
        if receiver is not None and call.method in _PARTS and not call.awaited:
            yield receiver.then(_ITEM)
        return
    info = module.symbols.get(place.symbol)
    values = info.values if info is not None and not place.symbol.startswith(":") else ()
    for value in values:
        if value.place is not None:
            yield Place(value.place.symbol, (*value.place.steps, *place.steps))
        elif value.element:
            for held in value.held:
                if held.place is not None:
                    yield held.place.then(_ITEM)
