"""Are two access paths two objects? Yes, where nothing in the project lets one lie at two places.

State is taken for a tree until something speaks against it: `placing` finds what the project's
functions put where, and a slot into which something is put that may lie elsewhere too is *marked*.
Two paths that part at different attributes or constant keys, and pass no marked slot after that,
lead to different objects. The idea is that of ownership by unique references (Boyland, "Alias
burying: unique variables without destructive reads", 2001), inferred instead of declared.

Plain data that comes from outside is taken for a tree too, as JSON is: of two pieces of it that
are put somewhere, those that were found under different constant keys are different objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..ir import FRAMES, Module, Place, Use
from ..resolve import CONTAINERS, PLAIN
from ..typetext import is_plain
from .escaping import escaping
from .placed import Passed, Placed, Slot
from .roots import Origin, is_module
from .selector import AnyKey, Attr, Key, Memory, Step, coincide

if TYPE_CHECKING:
    from .inference import Inference

#: A project with more modules is not searched for what its functions put where.
_MODULES = 60
#: The type of what changes, but holds nothing that others can reach.
_LEAF = "<leaf>"
_Path = tuple[Step, ...]
_Parameter = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Home:
    """Where an object lies that something puts into a second place.

    ``path``: the end of the path to it. ``outside``: the keys under which it was found in plain
    data that was handed in.
    """

    path: _Path
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Slots by the end of the path that leads to them; ``below``: and all that is deeper.

    ``home``: where what lies there may lie as well; None: anywhere.
    """

    end: _Path
    below: bool = False
    home: Home | None = None


class Trees:
    """What the modules of a project put where. ``whole``: have all been looked at?"""

    def __init__(self, inferences: Iterable[Inference], *, whole: bool) -> None:
        self.inferences = {i.resolver.module_name: i for i in inferences}
        self.whole = whole and not any(
            i.module.respelled or i.module.star_import or runs_text(i.module)
            for i in self.inferences.values()
        )

    def apart(self, inference: Inference, a: Memory, b: Memory, *, looks: bool = False) -> bool:
        """Do two memories, in the words of one module, touch different objects or slots?

        ``looks``: `b` is only read, so `a` may be found through it.
        """
        if not (a.stable and b.stable and self.whole) or not a.steps or not b.steps:
            return False
        first, second = self._full(inference, a), self._full(inference, b)
        if first is None or second is None or first[0] != second[0]:
            return False
        p, q = first[1], second[1]
        a, b = self._typed(inference, p, a), self._typed(inference, q, b)
        if looks and b.slot is not None and len(q) < len(p) and p[: len(q)] == q:
            return self._homes(p, len(q) - 1, a) == set()  # what is below is not above
        at = _parting(p, q)
        if at is None:
            return False
        mine, theirs = self._homes(p, at, a), self._homes(q, at, b)
        if mine is None or theirs is None:
            return False
        if any(_passes(q, home, b) for home in mine) or any(_passes(p, h, a) for h in theirs):
            return False
        return not any(_related(x, y) for x in mine for y in theirs)

    def _full(self, inference: Inference, memory: Memory) -> tuple[str, _Path] | None:
        """Root and steps by names that mean the same in every module; None if others may be it."""
        if memory.root == "?":
            return None
        if not self._tree(inference, memory.root):
            return None
        if is_module(memory.root):
            return "", (Attr(memory.root), *memory.steps)
        found = inference.roots.outward(memory.root)
        if found is not None:
            return "", (Attr(found[0]), *found[1], *memory.steps)
        return memory.root, memory.steps

    def _tree(self, inference: Inference, root: str) -> bool:
        """Is what hangs on a name of a function a tree where the function begins to use it?"""
        if is_module(root) or root.startswith(":"):
            return True
        scope = root.rpartition(":")[0]
        if root.startswith("call#") or not scope:
            return False
        around = (f for f in inference.module.functions if f.name)
        function = next((f for f in around if f"{scope}.".startswith(f"{f.scope}.")), None)
        if function is None:
            return False
        found = inference.sources(function).of(Place(root))
        unsure = inference.placed(function).unsure
        return all(
            o.root not in unsure if o.new else o == Origin(root) and self._whole(inference, root, 0)
            for o in found
        )

    def _whole(self, inference: Inference, parameter: str, depth: int) -> bool:
        """Is what calls hand to a parameter a tree, for all that is known of it?"""
        handed = self._passed.get((inference.resolver.module_name, parameter), [])
        for caller, passed in handed:
            what = passed.what
            if passed.tangled or depth > 3 or (what is not None and what.root == "?"):
                return False
            info = self.inferences[caller].module.symbols.get(what.root) if what else None
            if (
                what is not None
                and info is not None
                and info.kind == "parameter"
                and not (self._whole(self.inferences[caller], what.root, depth + 1))
            ):
                return False
        return True

    def _homes(self, path: _Path, at: int, memory: Memory) -> set[Home] | None:
        """Where else what lies on a path behind ``at`` may lie; None: anywhere."""
        last = len(path) - (0 if memory.deep else 1)
        found: set[Home] = set()
        for mark in self.marks:
            met = any(_ends(path[:i], mark.end) for i in range(at + 1, last + 1))
            met = met or (mark.below and any(_ends(path[:i], mark.end) for i in range(1, last + 1)))
            if met or (memory.deep and _possible_below(path, mark.end, memory.type)):
                if mark.home is None:
                    return None
                found.add(mark.home)
        return found

    def _typed(self, inference: Inference, path: _Path, memory: Memory) -> Memory:
        """The same, called plain if what lies at the path is data all the way down."""
        info = inference.resolver.type_info(memory.type)
        if info is not None and info.leaf:
            return replace(memory, type=_LEAF)
        first, name = (*path, None, None)[:2]
        if not (memory.deep and memory.type in CONTAINERS and isinstance(first, Attr)):
            return memory
        owner = self.inferences.get(first.name[1:-1]) if is_module(first.name) else None
        if owner is None or not isinstance(name, Attr):
            return memory
        found = owner.resolver.values.at(Place(f":{name.name}", path[2:]))
        return replace(memory, type=PLAIN) if is_plain(found) else memory

    # -- marks ---------------------------------------------------------------------------------

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
    def _passed(self) -> dict[_Parameter, list[tuple[str, Passed]]]:
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
        if name == "__init__":  # it is the class that is called
            name = owner.rpartition(".")[2]
            if "__init__" in self._escaping:
                return True
        return name in self._escaping or scope in inference.module.classes

    @cached_property
    def marks(self) -> frozenset[Mark]:
        """All slots to which something is put that may lie elsewhere."""
        found: dict[Mark, None] = {}
        pieces: dict[Home, set[tuple[_Path, bool]]] = {}
        for module, all_placed in self._placed.items():
            for placed in all_placed:
                for put in placed.puts:
                    if put.what is not None and _same_slot(put.slot, put.what):
                        continue  # `d["n"] = d["n"] or 1`
                    homes = self._what(module, put.what, 0)
                    if put.again and homes == ():
                        homes = None  # made for a call, and put at two places by what is called
                    for end in self._slot_ends(module, put.slot):
                        for home in homes if homes is not None else (None,):
                            if home is not None and home.outside:
                                pieces.setdefault(home, set()).add((end, put.slot.below))
                            else:
                                found[Mark(end, put.slot.below, home)] = None
                for origin in placed.lost:
                    for end in self._ends_of(module, origin, 0):
                        found[Mark(end, below=True)] = None
        for home, places in pieces.items():
            for end, below in places:  # one piece at two places is at each of them a second time
                others = [Home(other) for other, _ in places if other != end]
                for each in (home, *others):
                    found[Mark(end, below, each)] = None
        return frozenset(found)

    def _what(self, module: str, origin: Origin | None, depth: int) -> tuple[Home, ...] | None:
        """Where an object that is put somewhere lies already; None: perhaps anywhere."""
        if origin is None or origin.root == "?" or depth > 3:
            return None
        inference = self.inferences[module]
        info = inference.module.symbols.get(origin.root)
        if is_module(origin.root) or (info is not None and info.kind != "parameter"):
            if not (is_module(origin.root) or origin.root.startswith(":")):
                return None
            return tuple(Home(end) for end in self._ends_of(module, origin, 0)) or None
        handed = self._passed.get((module, origin.root))
        if self._escapes(inference, origin.root):
            return None
        if handed is None:
            return self._from_outside(inference, origin)
        found: dict[Home, None] = {}
        for caller, passed in handed:
            if passed.fresh:
                continue
            what = passed.what
            if what is None:
                return None
            inner = Origin(what.root, (*what.steps, *origin.steps), what.below or origin.below)
            homes = self._what(caller, inner, depth + 1)
            if homes is None or (passed.again and homes == ()):
                return None
            found.update(dict.fromkeys(homes))
        if not found and origin.steps:
            return (Home(tuple(map(_general, origin.steps)), outside=True),)
        return tuple(found)

    def _from_outside(self, inference: Inference, origin: Origin) -> tuple[Home, ...] | None:
        """What no call in the project hands in: a receiver, or data from outside."""
        named = any(isinstance(step, (Attr, Key)) for step in origin.steps)
        if not named or origin.below:
            return None
        steps = tuple(map(_general, origin.steps))
        if inference.resolver.symbol_type(origin.root) in CONTAINERS:
            return (Home(steps, outside=True),)
        return tuple(Home(end) for end in self._ends_of(inference.resolver.module_name, origin, 0))

    # -- where slots lie -----------------------------------------------------------------------

    def _slot_ends(self, module: str, slot: Slot) -> list[_Path]:
        owner = slot.owner
        inner = Origin(owner.root, (*owner.steps, slot.step), owner.below)
        return self._ends_of(module, inner, 0)

    def _ends_of(self, module: str, origin: Origin, depth: int) -> list[_Path]:
        """The ends of the paths that may lead to an object, beginning at a name if one is known."""
        if origin.new:
            return []
        inference = self.inferences[module]
        leaving = inference.roots.leaving(origin)
        steps = (Attr(leaving.root), *leaving.steps) if is_module(leaving.root) else leaving.steps
        if origin.below:  # what is between the last known step and the slot is not known
            steps = steps[-1:]
        named = next(
            (i for i in range(len(steps) - 1, -1, -1) if isinstance(steps[i], (Attr, Key))), None
        )
        if named is not None:
            return [tuple(_general(step) for step in steps[named:])]
        handed = self._passed.get((module, origin.root))
        hidden = handed is None or self._escapes(inference, origin.root)
        if handed is None or hidden or depth > 3 or origin.below or is_module(leaving.root):
            return [tuple(_general(step) for step in steps)]
        found: list[_Path] = []
        for caller, passed in handed:
            if passed.what is None:
                continue  # made for the call: where it is placed says the caller
            at = Origin(passed.what.root, (*passed.what.steps, *steps), passed.what.below)
            found += self._ends_of(caller, at, depth + 1)
        return found


def _same_slot(slot: Slot, what: Origin) -> bool:
    """Does an object stay where it is?"""
    owner = slot.owner
    constant = all(isinstance(step, (Attr, Key)) for step in what.steps)
    same = what == Origin(owner.root, (*owner.steps, slot.step), owner.below)
    return same and constant and not slot.below


def _general(step: Step) -> Step:
    return step if isinstance(step, (Attr, Key)) else AnyKey()


def _parting(p: _Path, q: _Path) -> int | None:
    """The index at which two paths from one object surely part; None if they may not."""
    for i, (x, y) in enumerate(zip(p, q, strict=False)):
        if x == y and not isinstance(x, AnyKey):
            continue
        return None if coincide(x, y) else i
    return None


def _ends(path: _Path, end: _Path) -> bool:
    """May a path end so? What is beyond the beginning of a path is not known."""
    whole = bool(path) and isinstance(path[0], Attr) and is_module(path[0].name)
    if whole and len(end) > len(path):
        return False
    size = min(len(path), len(end))
    if size == 0:
        return not whole
    return all(_meet(x, y) for x, y in zip(path[-size:], end[-size:], strict=True))


def _meet(x: Step, y: Step) -> bool:
    for a, b in ((x, y), (y, x)):
        if isinstance(a, Attr) and is_module(a.name):
            return a == b
    return coincide(x, y)


def _possible_below(path: _Path, end: _Path, kind: str) -> bool:
    """May a slot of which a path's end is known lie somewhere below a path?"""
    if kind != PLAIN:
        return kind != _LEAF
    # Plain data has no attributes: the end must be one of keys, or begin on the path itself.
    for i in range(len(end)):
        head, tail = end[: i + 1], end[i + 1 :]
        if tail and not any(isinstance(s, Attr) for s in tail) and _ends(path, head):
            return True
    return not any(isinstance(step, Attr) for step in end)


def _passes(path: _Path, home: Home, memory: Memory) -> bool:
    """May a path lead through a home, or what is touched below it hold it?"""
    if home.outside:
        return False
    last = len(path) - (0 if memory.deep else 1)
    if any(_ends(path[:i], home.path) for i in range(1, last + 1)):
        return True
    return memory.deep and _possible_below(path, home.path, memory.type)


def _related(a: Home, b: Home) -> bool:
    """May what lies at one home be, or hold, what lies at the other?"""
    if a.outside and b.outside:
        return all(coincide(x, y) for x, y in zip(a.path, b.path, strict=False))
    return not (a.outside or b.outside)


_RUNS = frozenset({"builtins:exec", "builtins:eval", "builtins:__import__"})


def runs_text(module: Module) -> bool:
    """Does a file run text, or reach into frames? Then it may put anything anywhere."""
    return any(
        isinstance(event, Use)
        and (
            event.place.symbol in _RUNS
            or any(isinstance(s, Attr) and s.name in FRAMES for s in event.place.steps)
        )
        for function in module.functions
        if function.scope in module.introspects
        for statement in function.block.statements
        for event in statement.events
    )
