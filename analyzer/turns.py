"""The turns of a loop: what it goes through, and what one symbol means in two different turns.

Facts only, no plan: the planner of loops and the validator both ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .effects.inference import Inference
from .effects.model import Effect, Resource
from .effects.selector import AnyKey, Attr, Key, Memory, Name, Step, Symbol, SymKey, Text, Wild
from .footprint import Footprint
from .ir import Call, Define, Event, Function, Invoke, Iterate, Statement, Target, Use, Value
from .resolve import CONTAINERS

#: Iterators over what they were made of, drained where they are made: nothing else can hold them.
_PASSING = frozenset({"builtins.enumerate", "builtins.zip", "builtins.reversed"})
#: Containers of the same elements as their first argument has.
_COPIES = frozenset({
    "builtins.list", "builtins.tuple", "builtins.sorted", "builtins.reversed", "builtins.set",
    "builtins.frozenset",
})  # fmt: skip
VIEWS = frozenset({"items", "values", "keys"})
_NUMBERED = frozenset({"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset"})

#: What a turn may do besides ending: it fails where it stands, or goes on with the next one.
STAYING = frozenset({"raise", "assert", "del", "continue", "global", "nonlocal"})


# -- what is gone through ----------------------------------------------------------------------


def header_end(statement: Statement) -> int:
    """How many events of a `for` come before the first turn begins to bind its target."""
    header = statement.events[: statement.blocks[0].at]
    own = [i for i, e in enumerate(header) if isinstance(e, Iterate) and not e.guarded]
    return own[-1] + 1 if own else 0


def called(value: Value, inference: Inference) -> Call | None:
    """The call that has just made a value, if one has."""
    place = value.place
    return None if place is None or place.steps else inference.module.calls.get(place.symbol)


def passing(value: Value, inference: Inference) -> bool:
    """Can it be gone through once only?"""
    return inference.resolver.type_of(value) in _PASSING


def undrained(value: Value, inference: Inference) -> str:
    """Why going through a value may act, wait or raise in some turn; "" if it does not.

    What runs code for each turn would run it ahead of the first one.
    """
    if value.is_literal:
        return ""
    resolver = inference.resolver
    call = called(value, inference)
    kind = resolver.type_of(value)
    if kind in CONTAINERS and value.type != "<generator>":
        return ""
    if call is not None and kind in _PASSING:
        for argument in call.arguments:
            checks = argument.keyword == "strict" and argument.value.literal is not False
            if argument.star or checks:
                return f"`{resolver.call_name(call)}` may raise when all turns are done"
            if argument.keyword is None and (reason := undrained(argument.value, inference)):
                return reason
        return ""
    if value.type == "<generator>":
        return "a generator runs code for each turn"
    if call is not None:
        return f"`{resolver.call_name(call)}(…)` is not known to be a list, or another container"
    if value.place is not None:
        return (
            f"`{resolver.place_name(value.place)}` is not known to be a list, or another container"
        )
    return "what it goes through is not known to be a list, or another container"


def misfit(target: Target, value: Value, inference: Inference) -> str:
    """Why unpacking an element of ``value`` into a loop's target may act or raise, or ""."""
    if isinstance(target, str):
        return "" if target else "its target is no plain name"
    reason = "unpacking what it goes through may raise in some turn"
    call = called(value, inference)
    if call is None:
        shaped = value.fresh and value.held and not value.many and all(
            isinstance(part, str) and part for part in target
        )  # fmt: skip
        fits = shaped and all(
            row.fresh and row.type in ("builtins.tuple", "builtins.list")
            and len(row.held) == len(target) and not any(part.element for part in row.held)
            for row in value.held
        )  # fmt: skip
        return "" if fits else reason
    name = inference.resolver.call_name(call)
    plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
    if name in _COPIES and len(plain) == 1:
        return misfit(target, plain[0], inference)
    if name == "builtins.enumerate" and len(target) == 2 and plain:
        return misfit(target[0], Value(), inference) if not isinstance(target[0], str) \
            else misfit(target[1], plain[0], inference)  # fmt: skip
    if name == "builtins.zip" and len(target) == len(plain):
        found = (misfit(t, v, inference) for t, v in zip(target, plain, strict=True))
        return next((words for words in found if words), "")
    if call.method == "items" and inference.resolver.type_of(value) == "builtins.dict_items":
        return "" if len(target) == 2 and all(isinstance(t, str) and t for t in target) else reason
    return reason


def symbols_of(target: Target) -> Iterator[str]:
    """The symbols that a target binds, in order."""
    if isinstance(target, str):
        if target:
            yield target
    else:
        for part in target:
            yield from symbols_of(part)


def shared(target: Target, function: Function) -> str:
    """The first name of a loop's target that other functions see, or ""."""
    for symbol in symbols_of(target):
        if symbol in function.exposed or symbol.rpartition(":")[0] != function.scope:
            return symbol.rpartition(":")[2]
    return ""


def writes_beside(effect: Effect, target: Target) -> bool:
    """Does an effect write anything but what a target binds?"""
    selector = effect.resource.selector
    bound = isinstance(selector, Name) and selector.symbol in set(symbols_of(target))
    return effect.writes and not bound


def gone(function: Function, statement: Statement) -> bool:
    """Does nobody look at the variables of a loop but the loop itself?"""
    assert statement.turns is not None
    targets = frozenset(symbols_of(statement.turns.names))
    return not targets & _used_outside(function, statement)


def _used_outside(function: Function, statement: Statement) -> frozenset[str]:
    found: set[str] = set()
    todo = list(function.block.statements)
    while todo:
        one = todo.pop()
        if one is statement:
            continue
        if one.blocks:
            todo.extend(s for b in one.blocks for s in b.statements)
            at = 0
            for block in one.blocks:
                found |= {e.place.symbol for e in one.events[at : block.at] if isinstance(e, Use)}
                at = block.at + sum(len(s.events) for s in block.statements)
        else:
            found |= {e.place.symbol for e in one.events if isinstance(e, Use)}
            if one.kind == "Del":
                found |= {e.symbol for e in one.events if isinstance(e, Define)}
    return frozenset(found)


def count_of(value: Value, inference: Inference) -> int | None:
    """How many turns there are at most, if that is constant."""
    if value.is_literal:
        return len(value.literal) if isinstance(value.literal, (str, bytes)) else None
    call = called(value, inference)
    if call is None:
        shown = value.fresh and not value.many and not value.operator and value.type in (
            "builtins.list", "builtins.tuple", "builtins.set"
        )  # fmt: skip
        return len(value.held) if shown and not any(v.element for v in value.held) else None
    name = inference.resolver.call_name(call)
    plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
    if name == "builtins.range" and len(plain) == len(call.arguments):
        bounds = [v.literal for v in plain if v.is_literal and isinstance(v.literal, int)]
        if len(bounds) == len(plain) and 1 <= len(bounds) <= 3 and bounds[2:] != [0]:
            return len(range(*bounds))  # pyright: ignore[reportArgumentType]
    if name in (*_COPIES, "builtins.enumerate") and plain:
        return count_of(plain[0], inference)
    return None


def live(value: Value, inference: Inference) -> Iterator[Value]:
    """The containers that are gone through turn by turn; a new one is nobody else's."""
    call = called(value, inference)
    if value.is_literal or value.fresh:
        return
    if call is None:
        yield value
        return
    name = inference.resolver.call_name(call)
    if name in _PASSING:
        for argument in call.arguments:
            yield from live(argument.value, inference)
    elif call.method in VIEWS and not call.arguments and call.receiver is not None:
        yield call.receiver
    elif name not in _COPIES and name != "builtins.range":
        yield value


def grown(looked: Effect, write: Effect) -> bool:
    """May a write put something else into the slots that a loop goes through?

    A text is no index of a list, and an attribute no item of it.
    """
    slots, slot = looked.resource.selector, write.resource.selector
    if isinstance(slots, Memory) and isinstance(slot, Memory) and slots.owner in _NUMBERED:
        last = slot.slot
        return not (
            isinstance(last, Attr) or (isinstance(last, Key) and isinstance(last.value, str))
        )
    return True


def made_surely(call: Call, inference: Inference) -> bool:
    """Does making the awaitable raise nothing, whatever its arguments are?

    So it is with an `async def` that is known to take them.
    """
    if any(argument.star for argument in call.arguments):
        return False
    targets = inference.callees.targets(call)
    if targets:
        return all(t.function is not None and t.function.is_async for t in targets)
    entry = inference.facts(call).entry
    if entry is None or entry.transparent or not entry.params:
        return False
    if not entry.is_async and entry.origin.startswith("catalog"):
        return False
    positional = sum(argument.keyword is None for argument in call.arguments)
    named = [argument.keyword for argument in call.arguments if argument.keyword is not None]
    return positional <= len(entry.params) and all(name in entry.params for name in named)


# -- two turns ---------------------------------------------------------------------------------


def varying(events: Iterable[Event]) -> frozenset[str]:
    """The symbols that may mean another object in each turn: what the turn binds and makes."""
    found: set[str] = set()
    for event in events:
        if isinstance(event, Define):
            found.add(event.symbol)
        elif isinstance(event, Invoke):
            found.add(event.call.symbol)
    return frozenset(found)


def of_another_turn(footprint: Footprint, varies: frozenset[str]) -> Footprint:
    """What a turn does, as seen from another one: equal symbols are no equal values."""
    return replace(
        footprint,
        effects=tuple(_other(effect, varies) for effect in footprint.effects),
        handles=tuple(in_another_turn(handle, varies) for handle in footprint.handles),
    )


def _other(effect: Effect, varies: frozenset[str]) -> Effect:
    return replace(effect, resource=in_another_turn(effect.resource, varies))


def in_another_turn(resource: Resource, varies: frozenset[str]) -> Resource:
    """What a resource of a turn is in another one, as far as that is known."""
    selector = resource.selector
    if isinstance(selector, Name):
        return resource
    if isinstance(selector, Text):
        parts = tuple(Wild() if isinstance(p, Symbol) else p for p in selector.parts)
        return replace(resource, selector=Text(parts))
    steps = tuple(_step(step, varies) for step in selector.steps)
    stable = selector.stable and selector.root not in varies
    other = replace(selector, steps=steps, stable=stable)
    return replace(resource, selector=other)


def _step(step: Step, varies: frozenset[str]) -> Step:
    return AnyKey() if isinstance(step, SymKey) and step.name in varies else step


# -- how a turn ends ---------------------------------------------------------------------------


def leaving(statement: Statement) -> Iterator[str]:
    """The words with which a statement of a loop's body may leave it, or end a turn."""
    inner = [b for b in statement.blocks if b.role == "loop"]
    for block in statement.blocks:
        for part in block.statements:
            for word in leaving(part):
                if block not in inner or word not in ("break", "continue"):
                    yield word
    if not statement.blocks:
        for event in statement.events:
            word = getattr(event, "word", "")
            if word:
                yield word
    else:
        at = 0
        for block in statement.blocks:
            own = statement.events[at : block.at]
            yield from (w for e in own if (w := getattr(e, "word", "")))
            at = block.at + sum(len(s.events) for s in block.statements)
