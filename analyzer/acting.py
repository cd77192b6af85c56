"""Special methods and properties that visibly do more than look.

An operator on a value of unknown type is taken to read it and to do nothing else (contract §2,
`plain-values`), though it may be an object of any class of the project. That assumption is given
up where the code of such a class is seen to act: it changes what is not its own, looks at a global
that may change, or at the world. What is merely not seen through stays within the assumption.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .classes import events_of
from .effects.model import MEMORY
from .ir import (
    AwaitValue,
    Call,
    Define,
    Enter,
    Event,
    Function,
    Invoke,
    Iterate,
    Mutate,
    Place,
    Store,
    Use,
    Value,
)  # fmt: skip

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .quiet import One

#: What commutes with itself and is seen by nobody in order (contract §1, §2).
_UNORDERED = frozenset({MEMORY, "log", "random"})


def acts(functions: list[One]) -> bool:
    """Is one of these functions, or one that they call by name, seen to act?"""
    reached: set[tuple[str, str]] = set()
    todo = list(functions)
    while todo:
        inference, function = todo.pop()
        key = (inference.resolver.module_name, function.scope)
        if key in reached:
            continue
        reached.add(key)
        if function.scope not in inference.acting:
            inference.acting[function.scope] = _seen(inference, function)
        known = inference.acting[function.scope]
        if known is None:
            return True
        todo.extend(known)
    return False


def _seen(inference: Inference, function: Function) -> list[One] | None:
    """The functions that a function calls by name; None if it is seen to act itself."""
    if function.is_async or function.is_generator:
        return None
    called: list[One] = []
    for event in events_of(function):
        if _acts(inference, function, event):
            return None
        if isinstance(event, Invoke):
            targets = inference.callees.targets(event.call)
            called += [(t.inference, t.function) for t in targets if t.function is not None]
    return called


def _acts(inference: Inference, function: Function, event: Event) -> bool:
    match event:
        case Use(place=place):
            return _changing(inference, function, place)
        case Store(place=place) | Mutate(place=place):
            return not _own(inference, function, place)
        case Define(symbol=symbol):
            return not symbol.startswith(_inside(function))
        case Iterate(asynchronous=asynchronous):
            return asynchronous
        case Invoke(call=call):
            return _call_acts(inference, function, call)
        case AwaitValue() | Enter():
            return True
        case _:
            return False


def _call_acts(inference: Inference, function: Function, call: Call) -> bool:
    if call.awaited:
        return True
    entry = inference.resolver.entry(call)
    if entry is None or entry.pure:
        return False
    if any(t.domain not in _UNORDERED for t in (*entry.reads, *entry.writes)):
        return True
    changed = [t for t in entry.writes if t.domain == MEMORY]
    place = call.receiver.place if call.receiver is not None else None
    own = place is not None and _own(inference, function, place)
    return any(not (t.of_receiver and own) for t in changed)


def _changing(inference: Inference, function: Function, place: Place) -> bool:
    """Is a path one below a global that may be another one, or hold something else, later?"""
    resolver = inference.resolver
    if place.symbol.startswith(("call#", "builtins:", *_inside(function))):
        return False
    if resolver.module_like(place):
        return False
    if resolver.defined_thing(Place(place.symbol)):
        return any(bool(inference.index.puts(name)) for name in _names(place))
    info = inference.module.symbols.get(place.symbol)
    once = info is not None and info.kind == "global" and info.bindings == 1
    return not (once and resolver.immutable(Value(place=Place(place.symbol))))


def _names(place: Place) -> list[str]:
    return [name for step in place.steps if isinstance(name := getattr(step, "name", None), str)]


def _own(inference: Inference, function: Function, place: Place) -> bool:
    """Is a path one below a local name that holds nothing but what was made here?"""
    info = inference.module.symbols.get(place.symbol)
    return (
        info is not None
        and place.symbol.startswith(_inside(function))
        and info.kind == "local"
        and bool(info.values)
        and not info.opaque_bindings
        and all(value.fresh for value in info.values)
    )


def _inside(function: Function) -> tuple[str, ...]:
    return f"{function.scope}:", f"{function.scope}.<"
