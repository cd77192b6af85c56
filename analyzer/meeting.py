"""Do two members that run at once meet at one thing, and does what they do there come apart?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .accesses import OPAQUE_LOCK, Access, Kind
from .batches import Member
from .effects.model import MEMORY, Resource, overlap
from .effects.selector import AnyKey, Literal, Memory, Name, Overlap, Symbol, Text


@dataclass(frozen=True, slots=True)
class Side:
    """One member as the other one sees it. ``first``: it starts before the other one."""

    member: Member
    accesses: tuple[Access, ...]
    first: bool


def same_thing(one: Resource, two: Resource) -> bool:
    """Are two resources of the world one, for certain?"""
    a, b = one.selector, two.selector
    if one.domain != two.domain or not isinstance(a, Text) or not isinstance(b, Text):
        return False
    closed = all(isinstance(p, (Literal, Symbol)) for p in (*a.parts, *b.parts))
    return bool(a.parts) and closed and a == b and overlap(one, two) is Overlap.ALWAYS


def same_slot(one: Resource, two: Resource) -> bool:
    """Are two slots one, for certain?"""
    a, b = one.selector, two.selector
    if isinstance(a, Name) or isinstance(b, Name):
        return a == b
    if not (isinstance(a, Memory) and isinstance(b, Memory)):
        return False
    return a.slot is not None and b.slot is not None and same_object(one, two)


def same_object(one: Resource, two: Resource) -> bool:
    """Do two paths lead to one object, for certain?"""
    a, b = one.selector, two.selector
    if isinstance(a, Name) or isinstance(b, Name):
        return a == b
    if not (isinstance(a, Memory) and isinstance(b, Memory)) or a.root in ("?", ""):
        return False
    known = a.root == b.root and a.stable and b.stable and a.steps == b.steps
    return known and not any(isinstance(s, AnyKey) for s in a.steps)


def guarded(*accesses: Access) -> bool:
    """Do all of them happen under one lock, or may they?"""
    if all(OPAQUE_LOCK in a.locks for a in accesses):
        return True
    if any(OPAQUE_LOCK in a.locks for a in accesses) and all(a.locks for a in accesses):
        return True
    first, *others = [a.locks for a in accesses]
    return any(
        all(any(same_object(lock, k) for k in locks) for locks in others)
        for lock in first
        if lock.domain == MEMORY
    )


def equal(one: Access, two: Access) -> bool:
    """Do both set the same constant, or the same object?"""
    if one.given is not None and two.given is not None and same_object(one.given, two.given):
        return True
    return bool(one.constant) and one.constant == two.constant


def locked(accesses: Iterable[Access]) -> tuple[Access, ...]:
    """With a lock of one's own, from where a flag is looked at and set at once.

    `if self.busy: return`, then `self.busy = True`: nobody else gets behind that.
    """
    found: list[Access] = []
    asked: list[Access] = []
    flagged = False
    for access in accesses:
        if access.kind is Kind.READ and access.asking and access.leaves:
            asked.append(access)
        flagged = flagged or (
            access.kind is Kind.SET
            and any(a.end >= access.start and same_slot(a.resource, access.resource)
                    for a in asked)
        )  # fmt: skip
        locks = access.locks | {OPAQUE_LOCK} if flagged else access.locks
        found.append(replace(access, locks=locks))
    return tuple(found)


def rests_on(write: Access, read: Access) -> bool:
    """Is what is set made of what was read, or is it set as something was read there?"""
    if write.based or (read.asking and read.leaves):
        return True
    return bool(read.asking) and any(step[0] == read.asking for step in write.path)


def exclusive(one: Access, two: Access) -> bool:
    """Do two accesses of one body stand in different branches?"""
    for a, b in zip(one.path, two.path, strict=False):
        if a != b:
            return a[0] == b[0] and bool(a[2])
    return False


def nearest(side: Side, access: Access, kind: Kind = Kind.READ) -> Access | None:
    """The last access to a slot before another one in the same body."""
    found: Access | None = None
    for one in side.accesses:
        if one.order >= access.order:
            break
        if one.kind is kind and same_slot(one.resource, access.resource) \
                and not exclusive(one, access):  # fmt: skip
            found = one
    return found


def checked(side: Side, write: Access) -> bool:
    """Is it set by what has looked at it without an await between? Nothing comes in between."""
    read = nearest(side, write)
    return read is not None and read.end >= write.start


def comes_between(begin: Access, mine: Side, theirs: Access, other: Side) -> bool:
    """Can the other one's access come after ``begin``, and before what follows a suspension?

    What stands before the first suspension of a member is run in the order of the members.
    """
    return theirs.start > 0 or (begin.start == 0 and mine.first and not other.first)
