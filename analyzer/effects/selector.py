"""Selectors: which part of a domain an effect touches, and whether two of them may meet.

A selector is an abstract value: a string of which parts are unknown (`Text`), the binding of a
variable (`Name`) or the content of objects below an access path (`Memory`). Each kind has one
question, `overlap_…(a, b)`, with the three answers of `Overlap`. All of them are symmetric, and on
the safe side: NEVER and ALWAYS are proofs, MAYBE is everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from .paths import normalise_path, overlap_path
from .texts import (
    ANY,
    Literal,
    Overlap,
    Part,
    Star,
    Symbol,
    Text,
    Wild,
    declared,
    format_selector,
    glob,
    host_of,
    overlap_text,
    text,
)

__all__ = [
    "ANY",
    "AnyKey",
    "Attr",
    "Key",
    "Literal",
    "Memory",
    "Name",
    "Overlap",
    "Part",
    "Star",
    "Step",
    "SymKey",
    "Symbol",
    "Text",
    "Wild",
    "coincide",
    "declared",
    "format_selector",
    "glob",
    "host_of",
    "normalise_path",
    "overlap_memory",
    "overlap_path",
    "overlap_text",
    "text",
]


@dataclass(frozen=True, slots=True)
class Name:
    """The binding of a variable."""

    symbol: str


@dataclass(frozen=True, slots=True)
class Attr:
    """An attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Attr):
    """The same, of an object of a class of the project that has no items."""


@dataclass(frozen=True, slots=True)
class Key:
    """A subscript by a hashable constant; equal as Python's keys are, so 1, True and 1.0 are
    one."""

    value: object


@dataclass(frozen=True, slots=True)
class SymKey:
    """A subscript by a variable that is bound once."""

    name: str


@dataclass(frozen=True, slots=True)
class AnyKey:
    """Any other subscript, or a turn of an iteration."""


@dataclass(frozen=True, slots=True)
class Item(AnyKey):
    """The same, of what is known to be a built-in container: its items are no attributes."""


@dataclass(frozen=True, slots=True)
class Anything(AnyKey):
    """Any item or attribute whatever."""


Step = Attr | Key | SymKey | AnyKey


@dataclass(frozen=True, slots=True)
class Memory:
    """The content of an object, found from a variable.

    Taken to be true of what is handed in:
    * Reading the variable and the slots on the way is an effect of its own (the path is only
      followed, not read, here).
    * A part of a handle (`client.chat`) counts as the handle itself, with its path and type: a
      handle holds no other catalogued handle, and no object that holds it.
    * What hangs on a handle by an attribute (`session.headers`) is changed by that path, or by a
      variable of its group.
    * An object whose items are its attributes (a session state) does not hold itself.
    * `type` is given only where it tells instances apart: a subclass of a handle's type carries
      that type.
    """

    root: str  # symbol id of the variable
    steps: tuple[Step, ...] = ()
    # everything reachable from the path; False: the slot of the last step (no steps: all own slots)
    deep: bool = True
    stable: bool = True  # the root is bound once, so that equal roots are the same object
    # component of may-alias objects; two different ones never meet, unless both are `world`
    group: str = ""
    # may be an object that others hold: a parameter, a global, the result of an unknown call
    world: bool = True
    type: str = ""  # qualified type of the object at the end of the path, if known
    # that is a catalogued handle: changed by its methods and attributes, never by subscript stores
    opaque: bool = False
    owner: str = ""  # for a slot: qualified type of the object that holds it, if known
    # for a slot of a dictionary: a write takes it out, or computes it anew, and puts no new key in
    no_new: bool = False

    @property
    def slot(self) -> Step | None:
        """The step that names the one slot this is, if it is one."""
        return self.steps[-1] if self.steps and not self.deep else None


_CONTAINERS = frozenset(
    {"plain", "list", "dict", "set", "builtins.list", "builtins.dict", "builtins.set"}
)


def overlap_memory(a: Memory | Name, b: Memory | Name, *, looks: bool = False) -> Overlap:
    """May two effects on memory touch the same slot of the same object? A binding and an object's
    content never meet.

    ``looks``: `b` is only read. Then it does not matter that `a` is found through a slot that `b`
    is: what stands in that slot stays. (But what is found through `__dict__` are other slots.)

    Objects may hold one another in any shape, back-references included: two paths that part at
    different attributes or constant keys are kept apart only while what is touched are single
    slots.
    """
    if isinstance(a, Name) or isinstance(b, Name):
        return Overlap.ALWAYS if a == b else Overlap.NEVER
    if _binding(b):  # only read, it does not matter what is found through it
        return Overlap.MAYBE if _meets_binding(a, b, through=not looks) else Overlap.NEVER
    if _binding(a):
        return Overlap.MAYBE if _meets_binding(b, a, through=True) else Overlap.NEVER
    looks = looks and not any(isinstance(s, Attr) and s.name.startswith("__") for s in a.steps)
    same = a.root == b.root and a.stable and b.stable
    if not same and a.group and b.group and a.group != b.group and not (a.world and b.world):
        return Overlap.NEVER
    shared = _shared(a.steps, b.steps) if same else 0
    seen = looks and not b.deep and len(b.steps) < len(a.steps)
    if same and shared == min(len(a.steps), len(b.steps)) and not seen:
        # one path goes through the other's end: below a deep one, or through the slot that the
        # other is
        return Overlap.ALWAYS
    if _apart_from_handle(a, b, same, shared) or _apart_from_handle(b, a, same, shared):
        return Overlap.NEVER
    if _no_part(a, b, same, shared) or _no_part(b, a, same, shared):
        return Overlap.NEVER
    if a.slot and b.slot:
        # A slot of either may be the other's, or one that the other is found through. Whichever
        # objects these are, slots of different names are different slots.
        met = _on_path(a, b, same, shared) or (not looks and _on_path(b, a, same, shared))
        return Overlap.MAYBE if met else Overlap.NEVER
    return Overlap.MAYBE


def _binding(memory: Memory) -> bool:
    """Is it a name of a module? No object but the module itself has it."""
    return memory.root.startswith("<") and len(memory.steps) == 1 and not memory.deep


def _meets_binding(memory: Memory, name: Memory, *, through: bool) -> bool:
    """May a memory be a name of a module, or (``through``) be found by that name?"""
    step = name.steps[0]
    if memory.root == name.root:
        known = memory.steps[:1]
        direct = through or len(memory.steps) < 2
        return not known or (direct and coincide(known[0], step))
    steps = memory.steps if through else (memory.slot,)
    return any(isinstance(s, Attr) and coincide(s, step) for s in steps)


def _no_part(data: Memory, slot: Memory, same: bool, shared: int) -> bool:
    """Is one plain data, which has no attributes, and the other an attribute not on its path?

    A module's names are no parts of what is subscripted either.
    """
    if isinstance(slot.slot, Attr):
        if data.deep and data.type == "plain":
            return not _on_path(slot, data, same, shared)
        named = slot.root.startswith("<") and len(slot.steps) == 1
        return named and _subscript(data.slot) and not _on_path(slot, data, same, shared)
    return False


def _on_path(a: Memory, b: Memory, same: bool, shared: int) -> bool:
    """May the slot `a` be one of those that `b` names?"""
    last = len(a.steps) - 1
    for at, step in enumerate(b.steps):
        # no object whose items are its attributes (`coincide`) holds itself, at any depth
        below = same and at != last and shared >= min(at, last)
        mixed = _subscript(a.steps[last]) != _subscript(step)
        if coincide(a.steps[last], step) and not (below and mixed):
            return True
    return False


def _shared(a: tuple[Step, ...], b: tuple[Step, ...]) -> int:
    """How many first steps certainly lead to the same object."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y or isinstance(x, AnyKey):
            break
        count += 1
    return count


def coincide(a: Step, b: Step) -> bool:
    """May two steps from one object lead to the same slot of it?"""
    match a, b:
        case (Anything(), _) | (_, Anything()):
            return True
        case (Item(), Attr()) | (Attr(), Item()):
            return False
        case (Field(), AnyKey() | Key() | SymKey()) | (AnyKey() | Key() | SymKey(), Field()):
            return False
        case Attr(x), Attr(y):
            # o.__dict__ holds every other attribute; o.__x is o._Class__x
            special = any(name.startswith("__") and name.endswith("__") for name in (x, y))
            mangled = (x.startswith("__") and y.endswith(x)) or (
                y.startswith("__") and x.endswith(y)
            )
            return x == y or special or mangled
        case (Attr(name), Key(str(key))) | (Key(str(key)), Attr(name)):
            # objects whose items are their attributes: vars(o), a data frame, a session state
            return key == name or name.startswith("__")
        case Key(str(x)), Key(str(y)):
            return x.casefold() == y.casefold()  # HTTP headers
        case Key(int(x)), Key(int(y)):
            return x == y or (x < 0) != (y < 0)  # -1 may be any place of a list
        case _:
            # also constants of different kinds: row[0] and row["id"] are one column
            return True


def _subscript(step: Step | None) -> bool:
    return step is not None and not isinstance(step, Attr)


def _apart_from_handle(handle: Memory, other: Memory, same: bool, shared: int) -> bool:
    """Is `handle` a catalogued handle, and `other` known to be neither part of it nor a slot that
    it is found through?

    `same` tells whether the paths begin at one object, and `shared` how many steps they have in
    common.
    """
    if not handle.opaque or handle.slot:
        return False
    # What hangs on a handle by an attribute is part of it (`unknown.headers[k] = v`), also where a
    # variable of its group holds it.
    below = other.steps[shared + 1 if same else 0 : -1 if other.slot else None]
    chained = any(isinstance(step, Attr) for step in below)
    elsewhere = bool(handle.group and other.group) and handle.group != other.group
    apart = not chained and (same or elsewhere)
    if other.slot:
        differ = bool(handle.type and other.owner) and handle.type != other.owner
        replaced = any(_replaces(other.slot, step) for step in handle.steps)
        return apart and not replaced and (_subscript(other.slot) or differ)
    differ = bool(handle.type and other.type) and handle.type != other.type
    if other.opaque:
        return differ
    # Plain data holds no handle. The own slots of a known other object are no part of a handle, but
    # it may be found in one of them: not by attributes, if that object is a built-in container.
    by_name = other.type in _CONTAINERS and not any(map(_subscript, handle.steps))
    shallow = not other.deep and (not handle.steps or by_name)
    return apart and differ and (shallow or other.type == "plain")


def _replaces(slot: Step, step: Step) -> bool:
    """May a store to `slot` put another handle where `step` finds one? By subscript only where that
    is how it is found, or where the constant key is the attribute's name: part of what `opaque`
    claims."""
    if _subscript(slot) and isinstance(step, Attr) and not isinstance(slot, Key):
        return False
    return coincide(slot, step)
