"""At which places of a project's state one object may lie: the ties that `trails` follows.

Every function says what it puts where in the words of its own parameters (see `placing`). Here the
calls are asked what they hand in, until the paths begin at a global, or nothing more is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING

from ..ir import Place
from ..lineage import EMPTY, ancestry
from ..resolve import CONTAINERS
from ..typetext import MAPPINGS
from .escaping import escaping
from .placed import Passed, Placed, Put, Slot
from .roots import Origin, is_module
from .selector import AnyKey, Anything, Attr, Field, Item, Key, Step, SymKey
from .trails import Steps, Tie, Trail, meets

if TYPE_CHECKING:
    from .inference import Inference

_ITEMS = frozenset({"__getitem__", "__setitem__", "__getattr__", "__getattribute__"})
_Parameter = tuple[str, str]
_Home = tuple[Trail, bool]  # a place, and whether what lies deeper is meant


class Ties:
    """What the functions of some modules put where."""

    def __init__(self, inferences: dict[str, Inference]) -> None:
        self.inferences = inferences

    @cached_property
    def _placed(self) -> dict[str, list[Placed]]:
        return {
            name: [
                inference.placed(function)
                for function in inference.module.functions
                if inference.aliases.unit_of_scope(function.scope) == function.scope
            ]
            for name, inference in self.inferences.items()
        }

    @cached_property
    def passed(self) -> dict[_Parameter, list[tuple[str, Passed]]]:
        """Parameter → what the calls hand in, each with the module of the call."""
        found: dict[_Parameter, list[tuple[str, Passed]]] = {}
        for module, all_placed in self._placed.items():
            for placed in all_placed:
                for passed in placed.passed:
                    key = (passed.module, passed.parameter)
                    found.setdefault(key, []).append((module, passed))
        return found

    @cached_property
    def _escaping(self) -> frozenset[str]:
        return escaping(self.inferences.values())

    def _escapes(self, inference: Inference, parameter: str) -> bool:
        """May the function of a parameter be called by a call that cannot be seen?"""
        scope = parameter.rpartition(":")[0]
        owner, _, name = scope.rpartition(".")
        if name.startswith("<lambda>"):  # its calls are not followed
            return True
        if name == "__init__":  # it is the class that is called
            name = owner.rpartition(".")[2]
            if "__init__" in self._escaping:
                return True
        return name in self._escaping or scope in inference.module.classes

    @cached_property
    def all(self) -> tuple[Tie, ...]:
        """All pairs of places at which one object may lie."""
        found: dict[Tie, None] = dict.fromkeys(map(_listed, self.inferences))
        copies: dict[str, dict[Tie, None]] = {}
        for module, all_placed in self._placed.items():
            for placed in all_placed:
                for put in placed.puts:
                    if put.what is not None and _same_slot(put.slot, put.what):
                        continue  # `d["n"] = d["n"] or 1`
                    if put.copied:
                        more = copies.setdefault(f"<copy {put.copied} of {module}>", {})
                        more.update(dict.fromkeys(self._copies(module, put)))
                        continue
                    homes = self._what(module, put.what, 0)
                    if put.again and homes == ():
                        homes = None  # made for a call, and put at two places by what is called
                    inner = list(self._inside(module, put.what))
                    for end in self._slot_trails(module, put.slot):
                        found.update((Tie(end, below=True, home=home), None) for home in inner)
                        for home in homes if homes is not None else (None,):
                            found[_plain(_tie(end, put.slot.below, home))] = None
                for origin in placed.lost:
                    for end in self._trails(module, origin, 0):
                        found[Tie(end, below=True)] = None
        tied = tuple(found)
        for name, placed_copies in copies.items():  # what is tied in an object is in its copies
            for tie in placed_copies:
                found[replace(tie, home=_copied(name, tie.home))] = None
                inner = _about(tied, tie.home)
                found.update(dict.fromkeys(_in_copy(name, other) for other in inner))
        for tie in _loose(tuple(found)):
            found[tie] = None
        return tuple(found)

    def _copies(self, module: str, put: Put) -> Iterator[Tie]:
        assert put.what is not None
        for end in self._slot_trails(module, put.slot):
            for home in self._trails(module, put.what, 0):
                yield Tie(end, put.slot.below, home, put.what.below)

    def _what(self, module: str, origin: Origin | None, depth: int) -> tuple[_Home, ...] | None:
        """Where an object that is put somewhere lies already; None: perhaps anywhere."""
        if origin is None or origin.root == "?" or depth > 3:
            return None
        inference = self.inferences[module]
        info = inference.module.symbols.get(origin.root)
        if is_module(origin.root) or (info is not None and info.kind != "parameter"):
            if not (is_module(origin.root) or origin.root.startswith(":")):
                return None
            found = self._trails(module, replace(origin, below=False), 0)
            return tuple((home, origin.below) for home in found) or None
        handed = self.passed.get((module, origin.root))
        if self._escapes(inference, origin.root):
            return None
        if handed is None:
            return self._from_outside(inference, origin)
        homes: dict[_Home, None] = {}
        for caller, passed in handed:
            if passed.fresh or passed.inside:
                continue
            what = passed.what
            if what is None:
                return None
            inner = Origin(what.root, (*what.steps, *origin.steps), what.below or origin.below)
            more = self._what(caller, inner, depth + 1)
            if more is None or (passed.again and more == ()):
                return None
            homes.update(dict.fromkeys(more))
        if not homes and origin.steps:
            return ((_outside(origin.steps), origin.below),)
        return tuple(homes)

    def _inside(self, module: str, origin: Origin | None) -> Iterator[Trail]:
        """Where objects lie that stand in displays which calls hand to a parameter."""
        if origin is not None:
            for caller, passed in self.passed.get((module, origin.root), ()):
                if passed.inside and passed.what is not None:
                    yield from self._trails(caller, passed.what, 0)

    def _from_outside(self, inference: Inference, origin: Origin) -> tuple[_Home, ...] | None:
        """What no call in the project hands in: a receiver, or data from outside."""
        named = any(isinstance(step, (Attr, Key)) for step in origin.steps)
        if not named or origin.below:
            return None
        if inference.resolver.symbol_type(origin.root) in CONTAINERS:
            return ((_outside(origin.steps), False),)
        return tuple(
            (home, False) for home in self._trails(inference.resolver.module_name, origin, 0)
        )

    # -- where slots lie -----------------------------------------------------------------------

    def _slot_trails(self, module: str, slot: Slot) -> list[Trail]:
        owner = slot.owner
        if owner.below:  # what is between the last known step and the slot is not known
            return [] if owner.new else [Trail((_general(slot.step),))]
        return self._trails(module, replace(owner, steps=(*owner.steps, slot.step)), 0)

    def _trails(self, module: str, origin: Origin, depth: int) -> list[Trail]:
        """The paths that may lead to an object, from the beginning if that is known."""
        if origin.new:
            return []
        inference = self.inferences[module]
        leaving = inference.roots.leaving(origin)
        if is_module(leaving.root):
            steps = self.of_module(leaving.root, leaving.steps)
            return [Trail(tuple(map(_general, steps)), whole=True)]
        steps = tuple(map(_general, typed(inference, origin.root, origin.steps)))
        handed = self.passed.get((module, origin.root))
        if handed is None or depth > 3 or self._escapes(inference, origin.root):
            return [Trail(steps)]
        found: list[Trail] = []
        for caller, passed in handed:
            what = passed.what
            if passed.inside:
                continue
            if what is None or what.below:  # made for the call: where it is placed says the caller
                named = any(isinstance(step, (Attr, Key)) for step in steps)
                found += [Trail(steps)] if named or what is not None else []
                continue
            at = Origin(what.root, (*what.steps, *origin.steps))
            found += self._trails(caller, at, depth + 1)
        return list(dict.fromkeys(found))

    def of_module(self, root: str, steps: Steps) -> Steps:
        owner = self.inferences.get(root[1:-1])
        if owner is not None and steps and isinstance(steps[0], Attr):
            steps = (steps[0], *typed(owner, f":{steps[0].name}", steps[1:]))
        return Attr(root), *steps


def _listed(module: str) -> Tie:
    """`sys.modules["main"]` is the module."""
    listed = Trail((Attr("<sys>"), Attr("modules"), Key(module)), whole=True)
    return Tie(listed, home=Trail((Attr(f"<{module}>"),), whole=True))


def _tie(end: Trail, below: bool, home: _Home | None) -> Tie:
    return Tie(end, below, *home) if home is not None else Tie(end, below)


def _plain(tie: Tie) -> Tie:
    """`x.__dict__["y"]` is `x.y`: where such a path leads is not known."""
    if tie.home is not None and any(map(special, tie.home.steps)):
        tie = Tie(tie.end, tie.below)
    return replace(tie, end=Trail((Anything(),))) if any(map(special, tie.end.steps)) else tie


def special(step: Step) -> bool:
    """Does a step lead to what is there under other names, too?"""
    return isinstance(step, Attr) and step.name.startswith("__") and step.name.endswith("__")


def _copied(name: str, trail: Trail | None) -> Trail | None:
    """Where a copy of an object lies that nobody else is handed; partial ones are the same."""
    if trail is None or not trail.whole:
        return trail
    return Trail((Attr(name), *trail.steps), whole=True)


def _about(ties: Sequence[Tie], root: Trail | None) -> list[Tie]:
    """The ties of what hangs on the global at which a path begins, or on what that is tied to."""
    known = {root.steps[:2]} if root is not None else set[Steps]()
    found: dict[Tie, None] = {}
    while True:
        more = [t for t in ties if t not in found and known & set(_globals(t))]
        if not more:
            return list(found)
        found.update(dict.fromkeys(more))
        known |= {one for tie in more for one in _globals(tie)}


def _globals(tie: Tie) -> Iterator[Steps]:
    for trail in (tie.end, tie.home):
        if trail is not None and trail.whole:
            yield trail.steps[:2]


def _loose(ties: Sequence[Tie]) -> Iterator[Tie]:
    """Ties below a place at which anything may lie: they may be ties of anything."""
    ends = [tie.end for tie in ties if tie.home is None and tie.end.steps]
    for tie in ties:
        if tie.home is None:
            continue
        ways = [[trail, *_behind(trail, ends)] for trail in (tie.end, tie.home)]
        for end, home in product(*ways):
            if (end, home) != (tie.end, tie.home):
                yield replace(tie, end=end, home=home)


def _behind(trail: Trail, ends: Sequence[Trail]) -> list[Trail]:
    """What is behind the first of those places through which a path may lead, if it does."""
    through = (i for i in range(1, len(trail.steps)) if any(meets(trail.first(i), e) for e in ends))
    return [Trail(trail.steps[i:]) for i in islice(through, 1)]


def _in_copy(name: str, tie: Tie) -> Tie:
    end = _copied(name, tie.end)
    assert end is not None
    return replace(tie, end=end, home=_copied(name, tie.home))


def _outside(steps: Steps) -> Trail:
    """The keys under which something was found in plain data that was handed in."""
    return Trail((Attr("<outside>"), *map(_general, steps)), whole=True)


def _same_slot(slot: Slot, what: Origin) -> bool:
    """Does an object stay where it is?"""
    owner = slot.owner
    constant = all(isinstance(step, (Attr, Key)) for step in what.steps)
    same = what == Origin(owner.root, (*owner.steps, slot.step), owner.below)
    return same and constant and not slot.below


def _general(step: Step) -> Step:
    """A step as it can be said of all calls, and of a list whose items move."""
    if isinstance(step, Key) and not isinstance(step.value, str):
        return Item()
    return AnyKey() if isinstance(step, SymKey) else step


def typed(inference: Inference, root: str, steps: Steps) -> Steps:
    """Steps that are told by the types of what they lead through: items and fields."""
    return tuple(_told(inference, Place(root, steps[:i]), step) for i, step in enumerate(steps))


def _told(inference: Inference, owner: Place, step: Step) -> Step:
    if isinstance(step, Anything):
        return step
    kind = inference.resolver.values.at(owner)
    if isinstance(step, (AnyKey, SymKey)):
        return Item() if kind.name in (*CONTAINERS, *MAPPINGS) else step
    if not isinstance(step, Attr) or "." not in kind.name:
        return step
    line = ancestry(inference.resolver, kind.name)
    own = line is not None and all(
        level.info is not None and not (level.info.methods & _ITEMS)
        for level in line
        if level.name not in EMPTY
    )
    return Field(step.name) if own else step
