"""Functions that make a context manager: generators under ``contextlib``'s two decorators.

What stands before the ``yield`` runs when the manager is entered, what stands behind it when it is
left, and what is yielded is what ``as`` names. A failure in the ``with`` body is raised at the
``yield``, and may be kept there
(https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .classes import events_of
from .ir import (
    AENTER,
    ENTER,
    Block,
    Call,
    Control,
    Enter,
    Event,
    Function,
    Invoke,
    Iterate,
    Module,
    Place,
    Statement,
    Value,
)
from .lineage import decorator_name

if TYPE_CHECKING:
    from .resolve import Resolver

_MANAGERS = {"contextlib.contextmanager": False, "contextlib.asynccontextmanager": True}
_BOUND = frozenset({"builtins.staticmethod", "builtins.classmethod"})

Around = tuple[tuple[Statement, Block], ...]  # outermost first


def makes_manager(resolver: Resolver, function: Function) -> bool:
    """Is it a generator that one of the two decorators, and nothing else, makes a manager of?"""
    if not function.is_generator or not function.decorators:
        return False
    if any(v.place is None or v.place.symbol.startswith("call#") for v in function.decorators):
        return False
    *outer, last = (decorator_name(resolver, value) for value in function.decorators)
    return _MANAGERS.get(last) is function.is_async and len(outer) < 2 and _BOUND.issuperset(outer)


def yielded(function: Function) -> list[Value]:
    return [e.value for e in events_of(function) if isinstance(e, Control) and e.word == "yield"]


def around_yield(function: Function) -> Around | None:
    """The statements around a ``yield`` that stands alone, each with its block of them.

    None if there is none, or it is a part of something.
    """
    return _around(function.block, ())


def _around(block: Block, outer: Around) -> Around | None:
    for statement in block.statements:
        for inner in statement.blocks:
            found = _around(inner, (*outer, (statement, inner)))
            if found is not None:
                return found
        if statement.kind == "Expr" and _is_yield(statement):
            return outer
    return None


def _is_yield(statement: Statement) -> bool:
    last = statement.events[-1:]
    words = [e.word for e in last if isinstance(e, Control)]
    drives = any(isinstance(e, Iterate) for e in statement.events)  # `yield from`
    return words == ["yield"] and not drives


def odd(module: Module, function: Function) -> str:
    """Why what a manager function does to a ``with`` body is not followed, or ""."""
    name = f"`{function.qualname}`"
    events = list(events_of(function))
    words = [e.word for e in events if isinstance(e, Control)]
    if words.count("yield") > 1:
        return f"{name} has more than one `yield`"
    if "return" in words:
        return f"{name} returns, perhaps without its `yield`"
    if any(f.scope.startswith(f"{function.scope}.") for f in module.functions):
        return f"{name} makes a manager, and holds a function of its own"
    around = around_yield(function)
    if around is None or not all(map(_passes, around)):
        return f"{name} does not come to its `yield` on every path, or not alone"
    for statement, _ in around:
        for block in statement.blocks:
            if block.role == "handler" and not _raises(block):
                return f"{name} may keep to itself what the `with` body raises"
    return ""


def _passes(pair: tuple[Statement, Block]) -> bool:
    statement, block = pair
    return (statement.kind == "With" and block.role == "with") or (
        statement.kind == "Try" and block.role == "try"
    )


def _raises(block: Block) -> bool:
    """Does a handler end by raising, whatever happens in it? It holds no `return`."""
    return block.statements[-1].kind == "Raise"


# -- where they are entered ----------------------------------------------------------------------


def entered(module: Module) -> dict[int, Enter]:
    """Calls of which the result is entered where it is made, and used for nothing else."""
    found: dict[int, Enter] = {}
    for function in module.functions:
        events = list(events_of(function))
        here: dict[str, Enter] = {}
        for event in events:
            if isinstance(event, Enter) and event.value.place is not None:
                here.setdefault(event.value.place.symbol, event)
        here = {s: e for s, e in here.items() if s.startswith("call#")}
        if not here:
            continue
        for symbol in _otherwise(events, here):
            here.pop(symbol, None)
        for symbol, event in here.items():
            call = module.calls[symbol]
            if not call.awaited and event.value.place == Place(symbol):
                found[call.id] = event
    return found


def _otherwise(events: list[Event], symbols: dict[str, Enter]) -> Iterator[str]:
    """The symbols among those that something but the entering speaks of."""
    for event in events:
        place = getattr(event, "place", None)
        if isinstance(place, Place) and place.symbol in symbols:
            yield place.symbol
        if isinstance(event, Enter):
            continue
        for value in values_of(event):
            yield from (s for s in _named(value) if s in symbols)


def values_of(event: Event) -> Iterator[Value]:
    """The values that an event speaks of."""
    if isinstance(event, Invoke):
        call: Call = event.call
        yield from (a.value for a in call.arguments)
        yield call.function
        if call.receiver is not None:
            yield call.receiver
        return
    for name in ("value", "operand"):
        value = getattr(event, name, None)
        if isinstance(value, Value):
            yield value
    yield from getattr(event, "values", ())


def _named(value: Value) -> Iterator[str]:
    """The symbols of the objects that a value is, or is made of; what `as` names is another."""
    if value.place is not None:
        yield value.place.symbol
    if value.type in (ENTER, AENTER):
        return
    for held in (*value.held, *value.parts, *(value.keys or ())):
        yield from _named(held)
