"""PX203: a call for each element of a collection, all at once, and nothing that bounds them.

Silent where something else may: a lock or a permit that the callee takes, a part of the collection
(`items[:10]`, a chunk that a loop goes through), or a number that was chosen (`range(workers)`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from .accesses import UNLIMITED
from .batches import Batch, Fan, Member
from .effects.inference import Inference
from .ir import SLICE, Value
from .latency import latency_of
from .traces import Traces
from .turns import called, count_of

_PASSING = frozenset({
    "builtins.enumerate", "builtins.list", "builtins.tuple", "builtins.set", "builtins.sorted",
    "builtins.reversed", "builtins.frozenset",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fanned:
    """``words``: how many calls that are. ``unknown``: why the call may be bounded, for all that is
    known, and ``unknown_call`` the call that would have to be declared."""

    words: str
    unknown: str = ""
    unknown_call: str = ""


def fanned(inference: Inference, traces: Traces, batch: Batch, member: Member) -> Fanned | None:
    """What is known of a fan-out without a bound in sight; None if it is none, or has one."""
    fan = member.fan
    if fan is None or not fan.through:
        return None
    count = _count(inference, batch, fan)
    if count <= inference.config.max_concurrency:
        return None
    trace = traces.of_call(inference, member.call)
    if trace is not None and trace.bound:
        return None
    facts = inference.run(member.call)
    words = f"{count:.0f} calls" if count < inf else ""
    words = words or f"as many calls as {_shown(inference, fan.through[0])} holds"
    followed = trace is not None and not trace.unseen
    if facts.everything and not followed:
        if facts.known:
            return None
        return Fanned(words, facts.everything, facts.blamed)
    if facts.everything:  # of what does not wait: all that is waited for is seen
        return Fanned(words) if trace is not None and trace.outside else None
    busy = set(facts.domains) - UNLIMITED
    if not busy or latency_of(facts)[0] <= 0 or facts.locking.locks:
        return None
    return Fanned(words)


def _count(inference: Inference, batch: Batch, fan: Fan) -> float:
    """How many turns there are at most, as far as that is seen; 0 if somebody has chosen it."""
    total = 1
    for value in fan.through:
        found = _most(inference, value)
        if found is None:
            return 0 if _part(inference, batch, value) else inf
        total *= found
    return total


def _most(inference: Inference, value: Value, depth: int = 0) -> int | None:
    """How many elements there are at most, if that can be seen."""
    known = count_of(value, inference)
    if known is not None:
        return known
    call = called(value, inference)
    if call is not None:
        name = inference.resolver.call_name(call)
        plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
        if name == "builtins.zip":
            found = [n for v in plain if (n := _most(inference, v)) is not None]
            return min(found, default=None)
        if name in _PASSING and plain:
            return _most(inference, plain[0])
        if call.method in ("items", "values", "keys") and call.receiver is not None:
            return _most(inference, call.receiver)
        return None
    if value.fresh and value.keys is not None and not value.many:
        return len(value.keys)
    if value.fresh and value.many and value.held:
        return None
    place = value.place
    info = inference.module.symbols.get(place.symbol) if place and not place.steps else None
    if info is None or info.bindings != 1 or len(info.values) != 1 or depth > 3:
        return None
    made = info.values[0]
    shown = made.held or made.is_literal or made.place is not None
    return _most(inference, made, depth + 1) if shown else None


def _part(inference: Inference, batch: Batch, value: Value, depth: int = 0) -> bool:
    """Is it a part of a collection, or a number that somebody has chosen?"""
    if value.type == SLICE:
        return True
    call = called(value, inference)
    if call is not None:
        name = inference.resolver.call_name(call)
        if name == "builtins.range":
            return not any(
                (made := called(a.value, inference)) is not None
                and inference.resolver.call_name(made) == "builtins.len"
                for a in call.arguments
            )
        inner = [a.value for a in call.arguments] if name in {*_PASSING, "builtins.zip"} else []
        if call.receiver is not None and call.method in ("items", "values", "keys"):
            inner.append(call.receiver)
        return any(_part(inference, batch, v, depth + 1) for v in inner if depth < 4)
    place = value.place
    if place is None or depth > 4:
        return False
    for statement in batch.around:
        if statement.turns is None:
            return True  # a `while` that takes what there is
        if place.symbol in _symbols(statement.turns.names):
            return True
    info = inference.module.symbols.get(place.symbol) if not place.steps else None
    if info is None:
        return False
    return any(_part(inference, batch, v, depth + 1) for v in info.values)


def _symbols(target: object) -> set[str]:
    if isinstance(target, str):
        return {target}
    found: set[str] = set()
    if isinstance(target, tuple):
        for part in target:  # pyright: ignore[reportUnknownVariableType]
            found |= _symbols(part)  # pyright: ignore[reportUnknownArgumentType]
    return found


def _shown(inference: Inference, value: Value) -> str:
    call = called(value, inference)
    if call is not None:
        name = inference.resolver.shown_name(call)
        plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
        if name in {*_PASSING, "builtins.zip"} and plain:
            return _shown(inference, plain[0])
        if call.receiver is not None and call.method in ("items", "values", "keys"):
            return _shown(inference, call.receiver)
        return f"`{name}(…)`"
    if value.place is not None:
        return f"`{inference.resolver.place_name(value.place)}`"
    return "the collection"
