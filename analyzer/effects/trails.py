"""Paths to objects, and what else the same objects may be called.

Where something puts one object at two places, the paths that lead through the one place have
another name that leads through the other (a *tie*). Two paths from one root touch the same thing if
some names of theirs do: the congruence closure of the ties, as far as it is needed (after Nelson
and Oppen, "Fast decision procedures based on congruence closure", 1980).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from ..typetext import PLAIN
from .selector import Attr, Step, coincide

Steps = tuple[Step, ...]

#: The kind of what changes, but holds nothing that others can reach.
LEAF = "<leaf>"
#: So many other names of one path, of so many steps, are looked for.
_MOST = 200
_LONGEST = 14


@dataclass(frozen=True, slots=True)
class Trail:
    """A path to an object; ``whole``: from a root of all, otherwise its beginning is not known."""

    steps: Steps
    whole: bool = False

    def first(self, count: int) -> Trail:
        return Trail(self.steps[:count], self.whole)


@dataclass(frozen=True, slots=True)
class Tie:
    """What lies at ``end`` may be what lies at ``home``; None: it may be anything.

    ``below``: what lies deeper than ``end`` may be. ``within``: it may be what lies deeper than
    ``home``.
    """

    end: Trail
    below: bool = False
    home: Trail | None = None
    within: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A slot by the path to it, or (``deep``) what lies in it and all that is reached from there.

    ``kind``: of what is there. ``moved``: by another way than the object from which the two paths
    part. ``bare``: the object, and not the slot by which it has this name.
    """

    trail: Trail
    deep: bool
    kind: str = ""
    moved: bool = False
    bare: bool = False


def names(name: Name, common: int, ties: Iterable[Tie]) -> list[Name] | None:
    """The names of what a path leads to; None if it may be anything.

    ``common``: the number of its steps to the object that the path which it is compared with leads
    through as well. Other names of that object change nothing by themselves.
    """
    rest = len(name.trail.steps) - common
    found = {name: None}
    todo = [name]
    while todo:
        one = todo.pop()
        for tie in ties:
            for other in _renamed(one, rest, tie):
                if other is None or len(found) >= _MOST or len(other.trail.steps) > _LONGEST:
                    return None
                if other not in found:
                    found[other] = None
                    todo.append(other)
    return list(found)


def _renamed(name: Name, rest: int, tie: Tie) -> Iterator[Name | None]:
    """The names that a tie adds to one."""
    trail, home = name.trail, tie.home
    size = len(trail.steps)
    at_end = at_home = False
    for i in range(1, size + 1 if name.deep else size):
        moved = name.moved or size - i < rest
        behind = trail.steps[i:]
        at_end = (at_end and tie.below) or meets(trail.first(i), tie.end)
        at_home = home is not None and (
            (at_home and tie.within) or meets(trail.first(i), home)
        )  # fmt: skip
        if at_end and home is None:
            yield None if moved else Name(Trail(behind), name.deep, name.kind, bare=name.bare)
        elif at_end and home is not None:
            yield _named(name, home, behind, moved, lost=tie.within)
        if at_home:
            yield _named(name, tie.end, behind, moved, lost=tie.below)
    if name.deep:
        if _leads_below(tie.end, trail, name.kind):
            yield None if home is None else Name(home, True, name.kind, moved=True, bare=True)
        if home is not None and _leads_below(home, trail, name.kind):
            yield Name(tie.end, True, name.kind, moved=True, bare=True)


def _named(name: Name, at: Trail, behind: Steps, moved: bool, *, lost: bool) -> Name:
    """``lost``: how far below the path begins is not known, so it is anything there."""
    if lost:
        return Name(at, True, name.kind if name.deep else "", moved=True)
    bare = name.bare or not behind
    return Name(Trail((*at.steps, *behind), at.whole), name.deep, name.kind, moved, bare)


def touch(one: Iterable[Name], other: Iterable[Name]) -> bool:
    """May two things be, or share, the same slot by one of their names that is no first name?"""
    return any((x.moved or y.moved) and _touch(x, y) for x, y in product(one, other))


def _touch(x: Name, y: Name) -> bool:
    if not (x.deep or y.deep):
        return meets(x.trail, y.trail)
    return (y.deep and _within(x, y)) or (x.deep and _within(y, x))


def _within(inner: Name, outer: Name) -> bool:
    """May the one be reached from the object at the other, or be the slot that it lies in?"""
    same = (inner.deep or not outer.bare) and meets(inner.trail, outer.trail)
    return same or _leads_below(inner.trail, outer.trail, outer.kind)


def meets(one: Trail, other: Trail) -> bool:
    """May two paths be the same? An object of which no step is known is not one with a whole path:
    then it would be known (no call hands it in)."""
    a, b = one.steps, other.steps
    if not a or not b:
        return not (one.whole or other.whole)
    if (one.whole and len(a) < len(b)) or (other.whole and len(b) < len(a)):
        return False
    size = min(len(a), len(b))
    return all(map(coincide, a[len(a) - size :], b[len(b) - size :]))


def _leads_below(path: Trail, above: Trail, kind: str) -> bool:
    """May a path lead to what is reached from the object at the other path, which is of a kind?

    Plain data has no attributes, so no path below it has one.
    """
    if kind == LEAF:
        return False
    for i in range(0 if not path.whole else 1, len(path.steps)):
        below = path.steps[i:]
        fits = kind != PLAIN or not any(isinstance(step, Attr) for step in below)
        if fits and (i == 0 or meets(path.first(i), above)):
            return True
    return False
