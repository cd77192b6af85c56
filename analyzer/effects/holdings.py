"""What the objects that a function makes hold, and where they are put.

They are told apart by where they are made; each holds, at a step, a set of objects that others have
or that are made here too (a points-to graph, Andersen 1994).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable
from typing import TypeVar

from .roots import Origin
from .selector import Step

#: So many origins of one name are told apart.
_MOST = 48
#: So deep are objects looked at that are made here; one may hold itself.
_DEEPEST = 4

Origins = set[Origin]
_K = TypeVar("_K")


class Holdings:
    """The graph of the objects that are made in one function."""

    def __init__(self) -> None:
        self._held: dict[str, dict[Step, Origins]] = {}
        #: Objects made here of which all parts are in `_held`.
        self.flat: set[str] = set()
        self._kept: dict[str, Origins] = {}
        self._changed = False

    def held(self, new: str) -> Origins:
        """What is reached from an object that is made here: others' objects only."""
        return _others(new, self.parts)

    def kept(self, new: str) -> Origins:
        """The places outside at which an object that is made here was put."""
        return _others(new, lambda root: self._kept.get(root, ()))

    def paths(self, new: str, inner: Container[str] = ()) -> set[tuple[tuple[Step, ...], Origin]]:
        """Others' objects that are reached from one that is made here, each with the path to it.

        The path is empty where it is not known. So are those of ``inner``, which are made here.
        """
        found: set[tuple[tuple[Step, ...], Origin]] = set()
        todo: list[tuple[str, tuple[Step, ...]]] = [(new, ())]
        while todo:
            root, path = todo.pop()
            known = root in self.flat and len(path) < _DEEPEST
            for step, origins in self._held.get(root, {}).items() if known else ():
                for origin in origins:
                    if not origin.new or origin.root in inner:
                        found.add(((*path, step), origin))
                    if origin.new:
                        todo.append((origin.root, (*path, step)))
            if not known:
                below = self.reached({Origin(root)}) if inner else self.held(root)
                others = (o for o in below if not o.new or (o.root in inner and o.root != root))
                found.update(((), origin) for origin in others)
        return found

    def parts(self, new: str) -> Origins:
        """What an object that is made here holds itself."""
        return set[Origin]().union(*self._held.get(new, {}).values())

    @property
    def made(self) -> tuple[str, ...]:
        """The objects made here that hold anything."""
        return tuple(self._held)

    def holders(self, new: str) -> set[str]:
        """The objects made here from which this one is reached."""
        found: set[str] = set()
        todo = [new]
        while todo:
            inner = Origin(todo.pop())
            for holder in self._held:
                if holder not in found and holder != new and inner in self.parts(holder):
                    found.add(holder)
                    todo.append(holder)
        return found

    def reached(self, origins: Origins) -> Origins:
        """Objects, and all that is reached from them."""
        found: Origins = set()
        todo = list(origins)
        while todo:
            origin = todo.pop()
            one = origin if origin.new else Origin(origin.root, origin.steps, below=True)
            if one not in found:
                found.add(one)
                todo.extend(self.parts(origin.root) if origin.new else ())
        return found

    def _grow(self, table: dict[_K, Origins], key: _K, more: Iterable[Origin]) -> None:
        known = table.setdefault(key, set())
        added = {o for o in more if o not in known}
        if not added:
            return
        wide = [o for o in known if o.below]
        added = {o for o in added if not any(_within(o, other) for other in wide)}
        if added:
            self._changed = True
            known |= added
            if len(known) > _MOST:
                _widen(known)


def _others(new: str, inner: Callable[[str], Iterable[Origin]]) -> Origins:
    """The objects of others that are reached from one that is made here."""
    seen, todo, found = {new}, [new], set[Origin]()
    while todo:
        for origin in inner(todo.pop()):
            if not origin.new:
                found.add(origin)
            elif origin.root not in seen:
                seen.add(origin.root)
                todo.append(origin.root)
    return found


def _within(inner: Origin, outer: Origin) -> bool:
    """Is an origin one of those that another one, which is "or any below", stands for?"""
    size = len(outer.steps)
    return inner.root == outer.root and inner.steps[:size] == outer.steps


def _widen(origins: Origins) -> None:
    """Of a root with many paths, take all that is below it: sets stay small, and so do rounds."""
    counts = Counter(o.root for o in origins if not o.new)
    for root, count in counts.items():
        if count > _MOST // 4:
            origins.difference_update([o for o in origins if o.root == root])
            origins.add(Origin(root, (), below=True))
