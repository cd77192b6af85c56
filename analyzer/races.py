"""PX201 and PX202: coroutines that run at once already, and get into each other's way.

Reported is only what is shown: both members are known to touch the very same thing (`overlap` says
*always*, and no part of its selector is open), and a suspension stands where the other one's access
does harm. What may be so is a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from .accesses import OPAQUE_LOCK, Access, Kind, Trace
from .batches import Batch, Member
from .dependence import meet
from .effects.inference import Inference
from .effects.model import MEMORY, Effect, Mode, Resource, describe, overlap
from .effects.roots import is_module
from .effects.selector import AnyKey, Literal, Memory, Name, Overlap, Symbol, Text
from .traces import Traces
from .turns import in_another_turn

#: What is done twice to the same end, or is only added to the end of what is there.
_IDEMPOTENT = ("mkdir", "makedirs", "touch", "exists", "is_file", "is_dir", "stat")
#: Handles that put calls in a row themselves, or speak both ways at once: aiosqlite has one thread
#: (aiosqlite/core.py:_conn_execute), psycopg a lock (psycopg/connection_async.py), databases one as
#: well (databases/core.py:_query_lock), Playwright's pages and web sockets answer by number or in
#: both directions. What two such calls do is not run in parallel, but it is no error.
_QUEUEING = ("aiosqlite.", "psycopg.", "databases.", "playwright.", "websockets.",
             "aiohttp.ClientWebSocketResponse", "asyncio.Stream", "mcp.", "fastmcp.")  # fmt: skip
#: Domains of the catalog whose resources are single things; a server or a table holds many.
_SINGLE = frozenset({"fs"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two members that get into each other's way, in words."""

    code: str
    first: Member
    second: Member
    words: str
    resource: str


@dataclass(frozen=True, slots=True)
class _Side:
    """One member as the other one sees it. ``first``: it starts before the other one."""

    member: Member
    accesses: tuple[Access, ...]
    first: bool


class Races:
    """Compares the members of the batches of one module."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.traces = Traces()

    def of(self, batch: Batch) -> Iterator[Conflict]:
        """The conflicts between members of a batch, one for each pair."""
        found = [(m, self.traces.of_call(self.inference, m.call)) for m in batch.members]
        known = [
            (m, replace(trace, accesses=tuple(a for a in trace.accesses if self._meant(a))))
            for m, trace in found
            if trace is not None
        ]
        for (one, a), (two, b) in combinations(known, 2):
            yield from self._between(_Side(one, a.accesses, True), _Side(two, b.accesses, False))
        for member, trace in known:
            if member.fan is not None:
                other = self._other_turn(trace, member)
                yield from self._between(
                    _Side(member, trace.accesses, True), _Side(member, other, False)
                )

    def _meant(self, access: Access) -> bool:
        if access.kind is Kind.HANDLE and access.call.startswith(_QUEUEING):
            return False
        return _own(self.inference, access.resource)

    @staticmethod
    def _other_turn(trace: Trace, member: Member) -> tuple[Access, ...]:
        assert member.fan is not None
        varies = member.fan.varies | {member.call.symbol}
        return tuple(
            replace(a, resource=in_another_turn(a.resource, varies),
                    locks=frozenset(in_another_turn(k, varies) if k.domain == MEMORY else k
                                    for k in a.locks))
            for a in trace.accesses
        )  # fmt: skip

    def _between(self, one: _Side, two: _Side) -> Iterator[Conflict]:
        handle = self._handle(one, two)
        if handle is not None:
            yield handle
        found = self._memory(one, two) or self._memory(two, one) or self._world(one, two)
        if found is not None:
            words, resource = found
            yield Conflict("PX201", one.member, two.member, words, describe(resource))

    def _at(self, access: Access) -> str:
        """A line, in words; of another file with its name."""
        own = access.module in ("", self.inference.resolver.module_name)
        return f"line {access.line}" if own else f"line {access.line} of `{access.module}`"

    def _meanwhile(self, mine: Access, theirs: Access) -> str:
        where = self._at(theirs)
        return " meanwhile" if where == self._at(mine) else f" meanwhile in {where}"

    def _both(self, one: Access, two: Access) -> str:
        a, b = self._at(one), self._at(two)
        return a if a == b else f"{a} and {b}"

    # -- PX202 ---------------------------------------------------------------------------------

    def _handle(self, one: _Side, two: _Side) -> Conflict | None:
        for a in one.accesses:
            for b in two.accesses:
                if a.kind is b.kind is Kind.HANDLE and same_object(a.resource, b.resource) \
                        and not _guarded(a, b):  # fmt: skip
                    what = describe(a.resource)
                    words = f"both use {what} at once, of which only one call may run at a time " \
                            f"({self._both(a, b)})"  # fmt: skip
                    return Conflict("PX202", one.member, two.member, words, what)
        return None

    # -- memory --------------------------------------------------------------------------------

    def _memory(self, mine: _Side, other: _Side) -> tuple[str, Resource] | None:
        return self._lost(mine, other) or self._swapped(mine, other) \
            or self._last(mine, other) or self._seen(mine, other)  # fmt: skip

    def _sets(self, side: _Side) -> Iterator[Access]:
        return (a for a in side.accesses if a.kind is Kind.SET)

    def _lost(self, mine: _Side, other: _Side) -> tuple[str, Resource] | None:
        """Read, suspended, set: what another one has set meanwhile is lost, or done twice."""
        for write in self._sets(mine):
            read = _nearest(mine, write)
            if read is None or read.end >= write.start or not _rests_on(write, read):
                continue
            for theirs in self._sets(other):
                if (
                    same_slot(write.resource, theirs.resource)
                    and not _guarded(read, write, theirs)
                    and _comes_between(read, mine, theirs, other)
                    and not _equal(write, theirs)
                    and not (read.told or write.told or theirs.told)
                ):
                    what = describe(write.resource)
                    where, meanwhile = self._at(read), self._meanwhile(write, theirs)
                    steps = (
                        f"is read and set in {where}, with an await between"
                        if where == self._at(write)
                        else f"is read in {where} and set in {self._at(write)}, after an await"
                    )
                    return (
                        f"{what} {steps}; what the other one sets{meanwhile} is overwritten",
                        write.resource,
                    )
        return None

    def _swapped(self, mine: _Side, other: _Side) -> tuple[str, Resource] | None:
        """Set, suspended, read again: another one has set it meanwhile."""
        for read in mine.accesses:
            if read.kind is not Kind.READ:
                continue
            write = _nearest(mine, read, Kind.SET)
            if write is None or write.end >= read.start or _checked(mine, write):
                continue
            for theirs in self._sets(other):
                if (
                    same_slot(read.resource, theirs.resource)
                    and not _guarded(read, write, theirs)
                    and _comes_between(write, mine, theirs, other)
                    and not _equal(write, theirs)
                    and not _checked(other, theirs)
                    and not (read.told or theirs.told or write.stamp or theirs.stamp)
                ):
                    what = describe(write.resource)
                    meanwhile = self._meanwhile(write, theirs)
                    return (
                        f"{what} is set in {self._at(write)} and used in {self._at(read)}, after "
                        f"an await; the other one may have set it{meanwhile}",
                        write.resource,
                    )
        return None

    def _last(self, mine: _Side, other: _Side) -> tuple[str, Resource] | None:
        """Both set it to what they waited for: the last one in time stays.

        What is set to something else is mostly shown to somebody, such as what is done just now.
        """
        for write in self._sets(mine):
            for theirs in self._sets(other):
                if (
                    same_slot(write.resource, theirs.resource)
                    and min(write.start, theirs.start) > 0
                    and not _guarded(write, theirs)
                    and not _equal(write, theirs)
                    and (write.awaited or theirs.awaited)
                    and not (write.told or theirs.told)
                    and not (_checked(mine, write) or _checked(other, theirs))
                ):
                    what = describe(write.resource)
                    return (
                        f"both set {what} to what they waited for ({self._both(write, theirs)}): "
                        "which one is last is free",
                        write.resource,
                    )
        return None

    def _seen(self, mine: _Side, other: _Side) -> tuple[str, Resource] | None:
        """One sets it to what it waited for, the other one reads it after a suspension.

        Flags that one sets for the other one to see are set to something else.
        """
        for write in self._sets(mine):
            for read in other.accesses:
                if (
                    read.kind is Kind.READ
                    and same_slot(write.resource, read.resource)
                    and min(write.start, read.start) > 0
                    and not (read.again or write.again or read.told or write.told)
                    and not _guarded(write, read)
                    and write.awaited
                    and not _checked(mine, write)
                    and _nearest(other, read, Kind.SET) is None
                    and not any(same_slot(read.resource, s.resource) for s in self._sets(other))
                ):
                    what = describe(write.resource)
                    return (
                        f"one sets {what} to what it waited for, in {self._at(write)}, and the "
                        f"other one reads it in {self._at(read)}: which one is first is free",
                        write.resource,
                    )
        return None

    # -- the world -----------------------------------------------------------------------------

    def _world(self, one: _Side, two: _Side) -> tuple[str, Resource] | None:
        kinds = (Kind.WORLD_WRITE, Kind.WORLD_READ)
        for a in one.accesses:
            for b in two.accesses:
                if (
                    a.kind in kinds
                    and b.kind in kinds
                    and Kind.WORLD_WRITE in (a.kind, b.kind)
                    and min(a.end, b.end) > 0
                    and _single(a)
                    and _single(b)
                    and same_thing(a.resource, b.resource)
                    and not _guarded(a, b)
                    and not (a.told or b.told)
                    and meet(_effect(a), _effect(b), self.inference.footprints)
                ):
                    did, does = _did(a), _did(b)
                    what = describe(a.resource)
                    both = f"both {did} {what}" if did == does else \
                        f"one {did}s {what}, and the other one {does}s it"  # fmt: skip
                    return f"{both} ({self._both(a, b)}): which one is first is free", \
                        a.resource  # fmt: skip
        return None


def _effect(access: Access) -> Effect:
    mode = Mode.WRITE if access.kind is Kind.WORLD_WRITE else Mode.READ
    return Effect(mode, access.resource, access.source)


def _did(access: Access) -> str:
    return "write" if access.kind is Kind.WORLD_WRITE else "read"


def _single(access: Access) -> bool:
    """Is its resource one thing, and does it matter in which order it is done?

    What a project declares is taken at its word. The catalog's servers, tables and models hold many
    things, of which two calls may mean different ones.
    """
    last = access.call.rpartition(".")[2]
    if last in _IDEMPOTENT:
        return False
    return not access.source.startswith("catalog") or access.resource.domain in _SINGLE


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


def _guarded(*accesses: Access) -> bool:
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


def _equal(one: Access, two: Access) -> bool:
    """Do both set the same constant, or the same object?"""
    if one.given is not None and two.given is not None and same_object(one.given, two.given):
        return True
    return bool(one.constant) and one.constant == two.constant


def _rests_on(write: Access, read: Access) -> bool:
    """Is what is set made of what was read, or is it set as something was read there?"""
    if write.based or (read.asking and read.leaves):
        return True
    return bool(read.asking) and any(step[0] == read.asking for step in write.path)


def _own(inference: Inference, resource: Resource) -> bool:
    """Is it known whose it is? What a library keeps may differ from task to task (`flask.g`)."""
    memory = resource.selector
    if not isinstance(memory, Memory) or not is_module(memory.root):
        return True
    return inference.of(memory.root[1:-1]) is not None


def exclusive(one: Access, two: Access) -> bool:
    """Do two accesses of one body stand in different branches?"""
    for a, b in zip(one.path, two.path, strict=False):
        if a != b:
            return a[0] == b[0] and bool(a[2])
    return False


def _nearest(side: _Side, access: Access, kind: Kind = Kind.READ) -> Access | None:
    """The last access to a slot before another one in the same body."""
    found: Access | None = None
    for one in side.accesses:
        if one.order >= access.order:
            break
        if one.kind is kind and same_slot(one.resource, access.resource) \
                and not exclusive(one, access):  # fmt: skip
            found = one
    return found


def _checked(side: _Side, write: Access) -> bool:
    """Is it set by what has looked at it without an await between? Nothing comes in between."""
    read = _nearest(side, write)
    return read is not None and read.end >= write.start


def _comes_between(begin: Access, mine: _Side, theirs: Access, other: _Side) -> bool:
    """Can the other one's access come after ``begin``, and before what follows a suspension?

    What stands before the first suspension of a member is run in the order of the members.
    """
    return theirs.start > 0 or (begin.start == 0 and mine.first and not other.first)
