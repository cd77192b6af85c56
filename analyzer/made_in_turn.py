"""Objects that a run of statements makes for itself: what another turn of a loop cannot reach.

Facts only, no plan: the planner of loops and the validator both ask here. An object that came from
outside (a row that is gone through) may be the same one in two turns; the answer of a server is a
new one each time, and until its turn is taken up nobody else holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .effects.inference import Inference
from .effects.model import Effect
from .effects.selector import Memory, Name
from .footprint import Footprint
from .ir import AENTER, CAUGHT, ENTER, Call, Define, Event, Invoke, Mutate, Store, Value


def made_within(events: Sequence[Event], does: Footprint, inference: Inference) -> frozenset[str]:
    """The symbols, of names and of calls, of which all objects are made by ``events``.

    What else is bound to such a name is not asked: the events bind it before they read it.
    ``does``: the footprint of the events. None of them if the events change any object: then
    something from outside might hang on it.
    """
    if any(e.writes and isinstance(e.resource.selector, Memory) for e in does.effects):
        return frozenset()
    if any(isinstance(e, (Store, Mutate)) for e in events) or does.everything:
        return frozenset()
    symbols = inference.module.symbols
    lost = {
        e.symbol for e in events
        if isinstance(e, Define) and (e.symbol not in symbols or symbols[e.symbol].kind != "local")
    }  # fmt: skip
    while True:
        found, other = _gone_through(events, lost, inference)
        if other <= lost:
            return frozenset(found)
        lost |= other


def _gone_through(
    events: Sequence[Event], lost: set[str], inference: Inference
) -> tuple[set[str], set[str]]:
    """The symbols bound to new objects only, if those of ``lost`` are not; and the others."""
    found: set[str] = set()
    other: set[str] = set()
    for event in events:
        if isinstance(event, Invoke):
            if _makes(event.call, found, inference):
                found.add(event.call.symbol)
        elif isinstance(event, Define):
            new = event.symbol not in lost and _new(event.value, found, inference)
            (found if new else other).add(event.symbol)
    return found - other, other


def _makes(call: Call, found: set[str], inference: Inference) -> bool:
    """Is the result of a call new, with all that hangs on it?"""
    entry = inference.facts(call).entry
    handed = [a.value for a in call.arguments]
    handed += [call.receiver] if call.receiver is not None else []
    if entry is not None:
        if entry.returns not in ("fresh", "immutable") or entry.transparent:
            return False
        return not entry.pure or all(_new(v, found, inference) for v in handed)
    links = inference.links(call)
    if links is None:
        return False
    return not any(
        link.result and (link.outer or not all(_new(v, found, inference) for v in link.values))
        for link in links
    )


def _new(value: Value, found: set[str], inference: Inference) -> bool:
    entered = value.type in (ENTER, AENTER, CAUGHT)
    if entered or value.anything or any(not _new(held, found, inference) for held in value.held):
        return False
    return all(source in found for source in inference.aliases.sources(value))


def as_seen_by_others(
    footprint: Footprint, names: frozenset[str], objects: frozenset[str]
) -> Footprint:
    """What is done to anything but ``names``, and to what hangs on others than ``objects``."""

    def is_own(effect: Effect) -> bool:
        selector = effect.resource.selector
        if isinstance(selector, Name):
            return selector.symbol in names
        return isinstance(selector, Memory) and selector.root in objects

    return replace(footprint, effects=tuple(e for e in footprint.effects if not is_own(e)))
