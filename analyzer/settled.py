"""What is put into local containers after they were made, and which others may fill as well.

A container that is stored, or handed to anybody but a builtin, may be filled with anything. What
lies in it may be filled by whoever takes it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .classes import events_of, handed_on
from .container_methods import LOOK, ONLY_TAKE, PUT_ITEM
from .effects.selector import AnyKey, Attr, Key, SymKey
from .ir import (
    OPAQUE,
    SLICE,
    Call,
    Control,
    Define,
    Invoke,
    Mutate,
    Place,
    Store,
    Value,
)

if TYPE_CHECKING:
    from .resolve import Resolver

_TAKING = ONLY_TAKE | LOOK
#: What a method answers with, or a builtin makes of its arguments: how much deeper it lies in the
#: container than the container itself. What stands in neither answers with nothing of it.
_ANSWERS = {
    "get": 1, "pop": 1, "setdefault": 1, "__getitem__": 1, "popleft": 1, "popitem": 0, "values": 0,
    "items": -1, "copy": 0,
}  # fmt: skip
_MADE = {
    "list": 0, "tuple": 0, "set": 0, "sorted": 0, "reversed": 0, "iter": 0, "enumerate": -1,
    "zip": -1, "next": 1, "min": 1, "max": 1,
}  # fmt: skip
#: Builtins that take nothing out of what they are handed.
_LOOKING = frozenset({"len", "str", "repr", "print", "bool", "sum", "any", "all", "isinstance"})
_NEVER = 99


@dataclass
class Filled:
    """What happens to one container. ``lost``: it may hold anything; ``depth``: what lies so deep
    in it may. ``puts``: the key, if there is one, and the value; OPAQUE may stand for a slice.
    """

    lost: bool = False
    depth: int = _NEVER
    puts: list[tuple[Value | None, Value]] = field(default_factory=list[tuple[Value | None, Value]])


def filled(resolver: Resolver, symbol: str) -> Filled:
    """What is put into the container that a local name means."""
    if symbol.startswith((":", "call#")) or "slice" in resolver.module.names:
        return Filled(lost=True)  # a name may stand for a slice
    found = resolver.filled
    if found is None:
        found = resolver.filled = _filled(resolver)
    return found.get(symbol, Filled())


def _filled(resolver: Resolver) -> dict[str, Filled]:
    found: dict[str, Filled] = {}
    aliases: dict[tuple[str, str, int], None] = {}
    for function in resolver.module.functions:
        for symbol in function.exposed:
            _of(found, symbol).lost = True
        for owner in handed_on(function):
            _changed(found, owner)
        for event in events_of(function):
            match event:
                case Store(place=place, value=value):
                    _store(found, place, value)
                    _whole(value, found)
                case Mutate(place=place, removes=removes):
                    if not removes:
                        _changed(found, place)
                case Define(symbol=symbol, value=value):
                    aliases |= {(symbol, *source): None for source in _sources(value)}
                case Control(word="yield", value=value):
                    _whole(value, found)
                case Invoke(call=call):
                    aliases |= {(call.symbol, *source): None for source in _handed(call, found)}
                case _:
                    pass
    _spread(found, aliases)
    return found


def _spread(found: dict[str, Filled], aliases: Iterable[tuple[str, str, int]]) -> None:
    """What is done to an object by one name is done to it by all."""
    changed = True
    while changed:
        changed = False
        for alias, symbol, depth in aliases:
            by = found.get(alias)
            if by is None:
                continue
            reached = max(0, depth + (0 if by.lost else by.depth))
            if by.puts and depth >= 0:  # what is put into a new container stays in that
                reached = min(reached, depth)
            one = _of(found, symbol)
            if not one.lost and reached < one.depth:
                one.lost, one.depth = reached == 0, reached
                changed = True


def _sources(value: Value) -> Iterator[tuple[str, int]]:
    """The names, and how deep below them, of which a value may be a part."""
    if value.place is not None:
        yield value.place.symbol, _depth(value.place)
    for held in value.held:
        for symbol, depth in _sources(held):
            yield symbol, depth + (1 if value.element else -1 if value.fresh else 0)


def _of(found: dict[str, Filled], symbol: str) -> Filled:
    return found.setdefault(symbol, Filled())


def _store(found: dict[str, Filled], place: Place, value: Value) -> None:
    if len(place.steps) != 1 or isinstance(place.steps[0], Attr):
        _changed(found, Place(place.symbol, place.steps[:-1]))
        return
    step = place.steps[0]
    key = Value(literal=step.value, is_literal=True, type=_name(step.value)) \
        if isinstance(step, Key) else Value(place=Place(step.name)) \
        if isinstance(step, SymKey) else OPAQUE  # fmt: skip
    _of(found, place.symbol).puts.append((key, value))


def _name(literal: object) -> str:
    return f"builtins.{type(literal).__name__}"


def _changed(found: dict[str, Filled], place: Place) -> None:
    """What lies at a path may hold anything from now on."""
    _changed_at(found, place.symbol, _depth(place))


def _depth(place: Place) -> int:
    """How deep what stands at a path lies at least: a step may be a slice, a list of the same."""
    return sum(not isinstance(step, AnyKey) for step in place.steps)


def _changed_at(found: dict[str, Filled], symbol: str, depth: int) -> None:
    one = _of(found, symbol)
    one.lost = one.lost or depth == 0
    one.depth = min(one.depth, depth)


def _handed(call: Call, found: dict[str, Filled]) -> Iterator[tuple[str, int]]:
    """What a call does to its arguments; of which of them its answer is a part."""
    receivers = list(_sources(call.receiver)) if call.receiver is not None else []
    for symbol, depth in receivers:
        if not depth and call.method in PUT_ITEM and call.arguments:
            last = call.arguments[-1].value
            key = call.arguments[0].value if call.method in ("setdefault", "__setitem__") else None
            plain = not any(a.star or a.keyword for a in call.arguments)
            _of(found, symbol).puts.append((key, last if plain else Value()))
        elif call.method not in _TAKING:
            _changed_at(found, symbol, max(depth, 0))
        if call.method in _ANSWERS:
            yield symbol, depth + _ANSWERS[call.method]
    named = call.function.place
    builtin = named.symbol.removeprefix("builtins:") if named is not None else ""
    own = named is None or bool(named.steps) or builtin in (named.symbol, "setattr", "getattr")
    for argument in call.arguments:
        if own:
            _whole(argument.value, found)
        elif builtin in _MADE:
            for symbol, depth in _sources(argument.value):
                yield symbol, depth + _MADE[builtin]
        elif builtin not in _LOOKING:
            _inner(argument.value, found)


def _inner(value: Value, found: dict[str, Filled]) -> None:
    """What lies in it may be taken out."""
    for symbol, depth in _sources(value):
        _changed_at(found, symbol, depth + 1)


def _whole(value: Value, found: dict[str, Filled]) -> None:
    """The names that mean the very object, or one that is held by it."""
    if value.place is not None:
        _changed(found, value.place)
    if value.element or value.type == SLICE:  # a slice of a list is a new one
        for symbol, depth in _sources(value):
            _changed_at(found, symbol, max(depth, 1))
        return
    for held in value.held:
        _whole(held, found)
