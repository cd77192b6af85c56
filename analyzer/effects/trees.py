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
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..ir import Place
from ..resolve import CONTAINERS, PLAIN
from .placing import Passed, Placed, Put, Slot
from .roots import Origin, is_module
from .selector import AnyKey, Attr, Key, Memory, Step, coincide

if TYPE_CHECKING:
    from .inference import Inference

#: A project with more modules is not searched for what its functions put where.
_MODULES = 60
_Path = tuple[Step, ...]
_Parameter = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """Slots by the end of the path that leads to them; ``below``: and all that is deeper.

    ``piece``: what lies there was found under these keys in data from outside; None: it may lie
    anywhere.
    """

    end: _Path
    below: bool = False
    piece: _Path | None = None


class Trees:
    """What the modules of a project put where. ``whole``: have all been looked at?"""

    def __init__(self, inferences: Iterable[Inference], *, whole: bool) -> None:
        self.inferences = {i.resolver.module_name: i for i in inferences}
        self.whole = whole and not any(
            i.module.introspects or i.module.respelled or i.module.star_import
            for i in self.inferences.values()
        )

    def apart(self, inference: Inference, a: Memory, b: Memory, *, looks: bool = False) -> bool:
        """Do two memories, in the words of one module, touch different objects or slots?

        ``looks``: `b` is only read, so `a` may be found through it.
        """
        if not (a.stable and b.stable) or not a.steps or not b.steps:
            return False
        first, second = self._full(inference, a), self._full(inference, b)
        if first is None or second is None or first[0] != second[0]:
            return False
        p, q = first[1], second[1]
        if not self.whole:
            return False
        if looks and b.slot is not None and len(q) < len(p) and p[: len(q)] == q:
            return self._pieces(p, len(q) - 1, a) == set()  # what is below is not above
        at = _parting(p, q)
        if at is None:
            return False
        mine, theirs = self._pieces(p, at, a), self._pieces(q, at, b)
        if mine is None or theirs is None:
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
        function = next(
            (
                f
                for f in inference.module.functions
                if f.name and (f.scope == scope or scope.startswith(f"{f.scope}."))
            ),
            None,
        )
        if function is None:
            return False
        found = inference.sources(function).of(Place(root))
        unsure = inference.placed(function).unsure
        return all(o.root not in unsure if o.new else o == Origin(root) for o in found)

    def _pieces(self, path: _Path, at: int, memory: Memory) -> set[_Path] | None:
        """The pieces from outside that lie on a path behind ``at``; None if anything may."""
        last = len(path) - (0 if memory.deep else 1)
        found: set[_Path] = set()
        for mark in self.marks:
            met = any(_ends(path[:i], mark.end) for i in range(at + 1, last + 1))
            met = met or (mark.below and any(_ends(path[:i], mark.end) for i in range(1, last + 1)))
            if not met and memory.deep:
                met = _possible_below(path, mark, memory.type)
            if met:
                if mark.piece is None:
                    return None
                found.add(mark.piece)
        return found

    # -- marks ---------------------------------------------------------------------------------

    @cached_property
    def _placed(self) -> dict[str, list[Placed]]:
        return {
            name: [
                inference.placed(function)
                for function in inference.module.functions
                if not _nested(inference, function.scope)
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
    def marks(self) -> frozenset[Mark]:
        """All slots to which something is put that may lie elsewhere."""
        found: dict[Mark, None] = {}
        pieces: dict[_Path, set[tuple[_Path, bool]]] = {}
        for module, all_placed in self._placed.items():
            for placed in all_placed:
                for put in placed.puts:
                    self._mark(module, put, found, pieces)
                for origin in placed.lost:
                    for end in self._ends(module, origin, 0):
                        found[Mark(end, below=True)] = None
        for piece, places in pieces.items():
            others = [p for p in pieces if p != piece and _related(p, piece)]
            for end, below in places:
                shared = len(places) > 1 or bool(others)
                found[Mark(end, below, None if shared and len(places) > 1 else piece)] = None
        return frozenset(found)

    def _mark(
        self,
        module: str,
        put: Put,
        found: dict[Mark, None],
        pieces: dict[_Path, set[tuple[_Path, bool]]],
    ) -> None:
        what = self._what(module, put.what, 0)
        if what == ():
            return
        for end in self._slot_ends(module, put.slot):
            if what is None:
                found[Mark(end, put.slot.below)] = None
            else:
                pieces.setdefault(what, set()).add((end, put.slot.below))

    def _what(self, module: str, origin: Origin | None, depth: int) -> _Path | None:
        """(): it lies nowhere else. A path: a piece of data from outside. None: anything."""
        if origin is None or origin.root == "?" or is_module(origin.root) or depth > 3:
            return None
        inference = self.inferences[module]
        info = inference.module.symbols.get(origin.root)
        if info is None or info.kind != "parameter":
            return None
        key = (module, origin.root)
        plain = inference.resolver.symbol_type(origin.root) in CONTAINERS
        handed = self._passed.get(key)
        if handed is None:
            return origin.steps if plain and origin.steps and not origin.below else None
        answers = {
            self._what(caller, passed.what, depth + 1)
            for caller, passed in handed
            if not passed.fresh
        }
        if None in answers:
            return None
        if origin.below or len(answers) > 1:
            return None
        known = answers.pop() if answers else ()
        assert known is not None
        return (*known, *origin.steps)

    # -- where slots lie -----------------------------------------------------------------------

    def _slot_ends(self, module: str, slot: Slot) -> list[_Path]:
        owner = slot.owner
        inner = Origin(owner.root, (*owner.steps, slot.step), owner.below)
        return self._ends(module, inner, 0)

    def _ends(self, module: str, origin: Origin, depth: int) -> list[_Path]:
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
        if handed is None or depth > 3 or origin.below or is_module(leaving.root):
            return [tuple(_general(step) for step in steps)]
        found: list[_Path] = []
        for caller, passed in handed:
            if passed.what is None:
                continue  # made for the call: where it is placed says the caller
            at = Origin(passed.what.root, (*passed.what.steps, *steps), passed.what.below)
            found += self._ends(caller, at, depth + 1)
        return found


def _nested(inference: Inference, scope: str) -> bool:
    """Is it a function within another one, which is looked at with that?"""
    parts = scope.split(".")
    scopes = {f.scope for f in inference.module.functions if f.name}
    return any(".".join(parts[:i]) in scopes for i in range(1, len(parts)))


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
    size = min(len(path), len(end))
    if size == 0:
        return True
    return all(coincide(x, y) for x, y in zip(path[-size:], end[-size:], strict=True))


def _possible_below(path: _Path, mark: Mark, kind: str) -> bool:
    """May a marked slot lie somewhere below a path?"""
    if kind != PLAIN:
        return True
    # Plain data has no attributes: the end must be one of keys, or begin on the path itself.
    for i in range(len(mark.end)):
        head, tail = mark.end[: i + 1], mark.end[i + 1 :]
        if tail and not any(isinstance(s, Attr) for s in tail) and _ends(path, head):
            return True
    return not any(isinstance(step, Attr) for step in mark.end)


def _related(a: _Path, b: _Path) -> bool:
    """May a piece be, or lie in, the other one?"""
    return all(coincide(x, y) for x, y in zip(a, b, strict=False))
