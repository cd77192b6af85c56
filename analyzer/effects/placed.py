"""What the functions of a project put where, and in which loops they do."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import Block, Define, Invoke, Value
from ..within import Around
from .roots import Origin
from .selector import Step, coincide


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that something is put into: the owner's origin and the last step.

    ``below``: that place or anywhere deeper.
    """

    owner: Origin
    step: Step
    below: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """An object of others' (``what``), or one that may lie at several places (None), at a slot.

    ``again``: the function puts it somewhere else, too; ``copied``: it is ``what`` in that copy.
    """

    slot: Slot
    what: Origin | None
    again: bool = False
    copied: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """What a call hands to a parameter: an object of others', or (None) one that is placed twice.

    ``fresh``: it is immutable, or made for the call. ``tangled``: one object lies in it twice.
    ``inside``: it lies in a display that is handed in.
    """

    module: str
    parameter: str
    what: Origin | None
    fresh: bool = False
    again: bool = False
    tangled: bool = False
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """All that a function puts anywhere. ``lost``: what unknown code may rearrange.

    ``unsure``: objects made here in which one may lie twice, or which hold others' objects;
    ``tangled``: such a one is returned; ``filled``: parameters that become such ones; ``copied``:
    what is returned is a copy of one of these.
    """

    puts: tuple[Put, ...] = ()
    passed: tuple[Passed, ...] = ()
    lost: tuple[Origin, ...] = ()
    unsure: frozenset[str] = frozenset()
    tangled: bool = False
    filled: frozenset[str] = frozenset()
    copied: frozenset[Origin] = frozenset()


#: What is taken of a function that is still being looked at.
UNSURE = Placed(tangled=True)


#: The objects that every turn of the loops around makes anew, the innermost loop last.
Loops = tuple[frozenset[str], ...]
Path = tuple[Step, ...]


#: One evaluation of one expression: what it gives is placed once, wherever that may be.
Once = tuple[int, int]
Where = Slot | tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Given:
    """An object made here, or what lies at a path below it, is placed, once.

    ``items``: all that it holds is, and not the object itself. ``stays``: it lies there already.
    """

    place: Where
    path: Path
    once: Once
    items: bool = False
    stays: bool = False


def turned(value: Value, loops: Loops) -> Loops:
    return (*loops, frozenset()) if value.many else loops


def loops_around(around: Around) -> Loops:
    """The loops in whose turns an event of those statements stands, and what each turn makes."""
    found = [
        next(made_anew(block) for block in statement.blocks if block.role == "loop")
        for statement in around[:-1]
        if statement.kind in ("For", "While")
    ]
    tested = around[-1].kind == "While"  # its condition is evaluated in every turn
    return (*found, frozenset[str]()) if tested else tuple(found)


def made_anew(block: Block) -> frozenset[str]:
    """The objects that every run of a block makes anew, whatever it does."""
    found: set[str] = set()
    for statement in block.statements:
        if statement.blocks:
            continue
        for event in statement.events:
            if isinstance(event, Invoke):
                found.add(f"new {event.call.symbol}")
            elif isinstance(event, Define):
                value = event.value
                if value.fresh or (value.place and value.place.symbol.startswith("call#")):
                    found.add(f"new {event.symbol}")
    return frozenset(found)


def nested(one: Path, other: Path) -> bool:
    """May one path lead to, or through, what the other leads to?"""
    return all(coincide(x, y) for x, y in zip(one, other, strict=False))


def within(slot: Slot | None, step: Step) -> Slot | None:
    if slot is None:
        return None
    owner = slot.owner
    return Slot(Origin(owner.root, (*owner.steps, slot.step), owner.below), step, slot.below)


def outside(written: list[Given]) -> bool:
    return any(isinstance(one.place, Slot) and not one.place.owner.new for one in written)


def slot_at(given: Given, path: Path) -> Slot | None:
    """The slot that a path below an object leads to, where that is placed; None if not known."""
    if not path or given.path or not isinstance(given.place, Slot):
        return None
    slot: Slot | None = given.place
    for step in path[1:] if given.items else path:
        slot = within(slot, step)
    return slot
