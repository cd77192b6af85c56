"""Calls that only run the awaitables that they are handed: `asyncio.gather`, `asyncio.wait_for`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..classes import events_of
from ..ir import Call, Use, Value
from .catalog import Entry
from .facts import CallFacts

if TYPE_CHECKING:
    from .inference import Inference


def handed(inference: Inference, entry: Entry, call: Call) -> Iterator[Call | None]:
    """The calls that make the awaitables which a call runs; None: one was made elsewhere."""
    arguments = [a for a in call.arguments if a.keyword is None]
    for a in arguments[: (len(entry.params) and 1) or None]:
        whole = _listed(inference, a.value) if a.star else a.value
        if whole is None:
            yield None
            continue
        for part in whole.held if a.star else (whole,):
            place = part.place
            made = inference.module.calls.get(place.symbol) if place is not None else None
            here = place is not None and not place.steps
            yield made if made is not None and here and not made.awaited else None


def _listed(inference: Inference, value: Value) -> Value | None:
    """The display behind `*`, or behind a name that is bound to one and used nowhere else."""
    if value.fresh:
        return value
    place = value.place
    info = inference.module.symbols.get(place.symbol) if place is not None else None
    if place is None or place.steps or info is None or info.kind != "local":
        return None
    if info.bindings != 1 or info.unbound or len(info.values) != 1 or not info.values[0].fresh:
        return None
    uses = sum(
        isinstance(event, Use) and event.place.symbol == place.symbol
        for function in inference.module.functions
        for event in events_of(function)
    )
    return info.values[0] if uses == 1 else None


def leaves_others(entry: Entry, call: Call, runs: Sequence[CallFacts]) -> bool:
    """May some go on, and change something, when the call has failed as one of them did?

    `asyncio.gather` does not cancel the others (library reference, "Coroutines and Tasks").
    """
    several = len(call.arguments) > 1 or any(a.star for a in call.arguments)
    if entry.params or not several:
        return False
    told = next((a.value for a in call.arguments if a.keyword == "return_exceptions"), None)
    if told is not None and told.literal is True:
        return False
    fails = any(facts.raises for facts in runs)
    return fails and any(effect.writes for facts in runs for effect in facts.effects)
