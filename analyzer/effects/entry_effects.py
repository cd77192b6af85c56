"""What one call of a function that a vocabulary or a declaration knows reads and writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..container_methods import PUT_ITEM
from ..ir import Call, Value
from .arguments import argument
from .benign import is_benign_claim
from .catalog import Entry
from .containers import all_slots, gone_through, slots_of, takes_out
from .doubts import asks_identity
from .handed_on import read
from .model import MEMORY, Effect, Mode, Resource
from .selector import Memory
from .templates import resources

if TYPE_CHECKING:
    from .inference import Inference


def effects_of(inference: Inference, entry: Entry, call: Call) -> list[Effect]:
    """The effects that an entry claims of a call, and its looks at receiver and arguments."""
    slots = slots_of(inference, call)
    given = [a.value for a in call.arguments]
    spread = any(a.star for a in call.arguments)  # what is gone through are the items of these
    if slots is not None and call.method in PUT_ITEM - {"add"} and not spread:
        given = given[:-1]  # what is put in is not looked at; a set looks at its hash
    values = [None if slots else call.receiver, *given]
    if entry.identity and asks_identity(inference, call):
        values = []
    effects: list[Effect] = []
    if slots is not None:
        effects.append(Effect(Mode.READ, Resource(MEMORY, slots), entry.origin))
    effects += [
        Effect(Mode.READ, Resource(MEMORY, memory), entry.origin)
        for value in values
        if value is not None and not _named_thing(inference, value)
        for memory in (
            gone_through(inference, value)
            if entry.slots and not spread
            else inference.contents(value)
        )
    ]
    effects += [
        Effect(Mode.READ, Resource(MEMORY, memory), entry.origin)
        for memory in read(inference, entry, call)
    ]
    for mode, templates in ((Mode.READ, entry.reads), (Mode.WRITE, entry.writes)):
        for template in templates:
            if mode is Mode.WRITE and is_benign_claim(inference.config, template):
                continue
            slot = slots or (all_slots(inference, call) if mode is Mode.WRITE else None)
            if slot is not None and template.of_receiver:
                slot = replace(slot, no_new=mode is Mode.WRITE and takes_out(inference, call))
                effects.append(Effect(mode, Resource(MEMORY, slot), entry.origin))
                continue
            effects.extend(
                Effect(mode, resource, entry.origin)
                for resource in resources(inference, template, entry, call)
            )
    return effects


def permits(inference: Inference, entry: Entry, call: Call) -> list[Memory]:
    """The pools that a call waits for: it needs one of their connections for itself.

    A call that makes an exclusive handle waits when that is entered, and used.
    """
    made = inference.handles.exclusive_type(inference.resolver.types.canonical(entry.type))
    if not entry.permit or made is not None:
        return []
    value = permitted(entry, call)
    return [] if value is None or value.place is None else [inference.memory(value.place)]


def permitted(entry: Entry, call: Call) -> Value | None:
    """What hands out the permit that a call, or the object that it makes, waits for."""
    return call.receiver if entry.permit == "self" else argument(call, entry.permit, entry.params)


def _named_thing(inference: Inference, value: Value) -> bool:
    """Is it a module, a function or a class? Handing one on looks at no state."""
    place, resolver = value.place, inference.resolver
    return place is not None and (resolver.module_like(place) or resolver.defined_thing(place))
