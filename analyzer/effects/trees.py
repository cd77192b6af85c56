"""Are two access paths two objects? Yes, where nothing in the project lets one lie at two places.

State is taken for a tree until something speaks against it: `placing` finds what the project's
functions put where, and an object that is put into a slot while it may lie elsewhere too *ties* the
two places. Two paths that part at different attributes or constant keys lead to different objects
unless ties lead from one to the other (see `trails`). The idea is that of ownership by unique
references (Boyland, "Alias burying: unique variables without destructive reads", 2001), inferred
instead of declared.

Plain data that comes from outside is taken for a tree too, as JSON is: of two pieces of it that
are put somewhere, those that were found under different constant keys are different objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import TYPE_CHECKING

from ..ir import FRAMES, Module, Place, Use
from ..resolve import CONTAINERS, PLAIN
from ..typetext import is_plain
from .mixed import keeps_apart, parting
from .roots import Origin, is_module
from .selector import Attr, Key, Memory, coincide
from .ties import Ties, special, typed
from .trails import LEAF, Name, Steps, Trail, names, touch

if TYPE_CHECKING:
    from .inference import Inference


class Trees:
    """What the modules of a project put where. ``whole``: have all been looked at?"""

    def __init__(self, inferences: Iterable[Inference], *, whole: bool) -> None:
        self.inferences = {i.resolver.module_name: i for i in inferences}
        self._ties = Ties(self.inferences)
        self._named: dict[tuple[Name, int], list[Name] | None] = {}
        self.whole = whole and not any(
            i.module.respelled or i.module.star_import or runs_text(i.module)
            for i in self.inferences.values()
        )

    def apart(self, inference: Inference, a: Memory, b: Memory, *, looks: bool = False) -> bool:
        """Do two memories, in the words of one module, touch different objects or slots?

        ``looks``: `b` is only read, so `a` may be found through it.
        """
        paths = self._paths(inference, a, b)
        if paths is None:
            return False
        one, other = paths
        p, q = one.trail.steps, other.trail.steps
        met = all(map(coincide, p, q))
        if met and not (looks and not other.deep and len(q) < len(p)):  # below is not above
            return False
        if self._mixed(inference, a, p, q):
            return False
        return not self._tied(one, other)

    def two_objects(self, inference: Inference, a: Memory, b: Memory) -> bool:
        """Are two slots those of different objects? What lies deeper is no other's owner."""
        paths = self._paths(inference, a, b)
        if paths is None:
            return False
        one, other = paths
        p, q = one.trail.steps, other.trail.steps
        if len(p) == len(q) and all(map(coincide, p[:-1], q[:-1])):
            return False
        return not self._tied(one, other)

    def _mixed(self, inference: Inference, memory: Memory, p: Steps, q: Steps) -> bool:
        """Do the paths part at an item and an attribute that may lead to one thing?

        ``memory``: the one of the path ``p``.
        """
        at = parting(p, q)
        if at is None:
            return False
        first, name = (*p, None, None)[:2]
        named = isinstance(first, Attr) and is_module(first.name) and isinstance(name, Attr)
        owner = self.inferences.get(first.name[1:-1]) if named and isinstance(first, Attr) else None
        if at < 2 and named:
            return False  # names of a module
        if owner is not None and isinstance(name, Attr):
            kind = owner.resolver.values.at(Place(f":{name.name}", p[2:at]))
            return not keeps_apart(owner, kind)
        return not keeps_apart(inference, inference.resolver.values.at(Place(memory.root, p[:at])))

    def _tied(self, one: Name, other: Name) -> bool:
        """Does something that lies at two places make one path another name of the other?"""
        common = _shared(one.trail.steps, other.trail.steps)
        mine, theirs = self._names(one, common), self._names(other, common)
        return mine is None or theirs is None or touch(mine, theirs)

    def _names(self, name: Name, common: int) -> list[Name] | None:
        key = (name, common)
        if key not in self._named:
            self._named[key] = names(name, common, self._ties.all)
        return self._named[key]

    def _paths(self, inference: Inference, a: Memory, b: Memory) -> tuple[Name, Name] | None:
        """The paths of two memories from one root; None if they are not known."""
        if not (a.stable and b.stable and self.whole) or not a.steps or not b.steps:
            return None
        first, second = self._full(inference, a), self._full(inference, b)
        if first is None or second is None or first[0] != second[0]:
            return None
        return self._name(inference, first, a), self._name(inference, second, b)

    def _name(self, inference: Inference, full: tuple[str, Steps], memory: Memory) -> Name:
        kind = self._kind(inference, full[1], memory) if memory.deep else ""
        return Name(Trail(full[1], whole=not full[0]), memory.deep, kind)

    def _full(self, inference: Inference, memory: Memory) -> tuple[str, Steps] | None:
        """Root and steps by names that mean the same in every module; None if others may be it.

        The root of all that hangs on the project's modules is "".
        """
        root, steps = memory.root, memory.steps
        if root == "?" or not self._tree(inference, root) or any(map(special, steps)):
            return None
        found = (root, ()) if is_module(root) else inference.roots.outward(root)
        if found is None:
            return root, typed(inference, root, steps)
        return "", self._ties.of_module(found[0], (*found[1], *steps))

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
        handed = self._ties.passed.get((inference.resolver.module_name, parameter), [])
        for caller, passed in handed:
            what = passed.what
            if (
                passed.tangled
                or passed.inside
                or depth > 3
                or (what is not None and what.root == "?")
            ):
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

    def _kind(self, inference: Inference, path: Steps, memory: Memory) -> str:
        """The type of what lies at a path; plain if it is data all the way down."""
        info = inference.resolver.type_info(memory.type)
        if info is not None and info.leaf:
            return LEAF
        first, name = (*path, None, None)[:2]
        if memory.type not in CONTAINERS or not isinstance(first, Attr):
            return memory.type
        owner = self.inferences.get(first.name[1:-1]) if is_module(first.name) else None
        if owner is None or not isinstance(name, Attr):
            return memory.type
        found = owner.resolver.values.at(Place(f":{name.name}", path[2:]))
        return PLAIN if is_plain(found) else memory.type

    # -- marks ---------------------------------------------------------------------------------


def _shared(p: Steps, q: Steps) -> int:
    """How many first steps of two paths surely lead to one object."""
    pairs = zip(p, q, strict=False)
    return len(list(takewhile(lambda s: s[0] == s[1] and isinstance(s[0], (Attr, Key)), pairs)))


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
