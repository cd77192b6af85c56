"""PX201 and PX202: coroutines that run at once already, and get into each other's way.

Reported is only what is shown: both members are known to touch the very same thing (`overlap` says
*always*, and no part of its selector is open), and a suspension stands where the other one's access
does harm. What may be so is a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from .accesses import Access, Kind, Trace
from .batches import Batch, Member
from .dependence import meet
from .effects.inference import Inference
from .effects.model import MEMORY, Effect, Mode, Resource, describe
from .effects.roots import is_module
from .effects.selector import Memory
from .meeting import (
    Side,
    checked,
    comes_between,
    equal,
    guarded,
    locked,
    nearest,
    rests_on,
    same_object,
    same_slot,
    same_thing,
)
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


class Races:
    """Compares the members of the batches of one module."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.traces = Traces()

    def of(self, batch: Batch) -> Iterator[Conflict]:
        """The conflicts between members of a batch, one for each pair."""
        found = [(m, self.traces.of_call(self.inference, m.call)) for m in batch.members]
        known = [
            (m, replace(trace, accesses=locked(a for a in trace.accesses if self._meant(a))))
            for m, trace in found
            if trace is not None
        ]
        for (one, a), (two, b) in combinations(known, 2):
            yield from self._between(Side(one, a.accesses, True), Side(two, b.accesses, False))
        for member, trace in known:
            if member.fan is not None:
                other = self._other_turn(trace, member)
                yield from self._between(
                    Side(member, trace.accesses, True), Side(member, other, False)
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

    def _between(self, one: Side, two: Side) -> Iterator[Conflict]:
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

    def _handle(self, one: Side, two: Side) -> Conflict | None:
        for a in one.accesses:
            for b in two.accesses:
                if a.kind is b.kind is Kind.HANDLE and same_object(a.resource, b.resource) \
                        and not guarded(a, b):  # fmt: skip
                    what = describe(a.resource)
                    words = f"both use {what} at once, of which only one call may run at a time " \
                            f"({self._both(a, b)})"  # fmt: skip
                    return Conflict("PX202", one.member, two.member, words, what)
        return None

    # -- memory --------------------------------------------------------------------------------

    def _memory(self, mine: Side, other: Side) -> tuple[str, Resource] | None:
        return self._lost(mine, other) or self._swapped(mine, other) \
            or self._last(mine, other) or self._seen(mine, other)  # fmt: skip

    def _sets(self, side: Side) -> Iterator[Access]:
        return (a for a in side.accesses if a.kind is Kind.SET)

    def _lost(self, mine: Side, other: Side) -> tuple[str, Resource] | None:
        """Read, suspended, set: what another one has set meanwhile is lost, or done twice."""
        for write in self._sets(mine):
            read = nearest(mine, write)
            if read is None or read.end >= write.start or not rests_on(write, read):
                continue
            before = nearest(mine, write, Kind.SET)
            if before is not None and before.order > read.order and not write.based:
                continue  # the other one finds what was set first, without an await
            asked = not write.based
            for theirs in sorted(self._sets(other), key=lambda a: a.line != write.line):
                if (
                    same_slot(write.resource, theirs.resource)
                    and not guarded(read, write, theirs)
                    and comes_between(read, mine, theirs, other)
                    and (asked or not equal(write, theirs))
                    and not (read.told or write.told or theirs.told)
                ):
                    return self._lost_words(read, write, theirs), write.resource
        return None

    def _lost_words(self, read: Access, write: Access, theirs: Access) -> str:
        what, where, then = describe(write.resource), self._at(read), self._at(write)
        steps = f"{what} is read in {where} and set in {then}, after an await"
        if where == then:
            steps = f"{what} is read and set in {where}, with an await between"
        if not write.based and theirs.line == write.line:
            return f"{steps}; meanwhile the other one finds it as it was, and does the same"
        return f"{steps}; what the other one sets{self._meanwhile(write, theirs)} is overwritten"

    def _swapped(self, mine: Side, other: Side) -> tuple[str, Resource] | None:
        """Set, suspended, read again: another one has set it meanwhile."""
        for read in mine.accesses:
            if read.kind is not Kind.READ:
                continue
            write = nearest(mine, read, Kind.SET)
            if write is None or write.end >= read.start or checked(mine, write):
                continue
            for theirs in self._sets(other):
                if (
                    same_slot(read.resource, theirs.resource)
                    and not guarded(read, write, theirs)
                    and comes_between(write, mine, theirs, other)
                    and not equal(write, theirs)
                    and not checked(other, theirs)
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

    def _last(self, mine: Side, other: Side) -> tuple[str, Resource] | None:
        """Both set it to what they waited for: the last one in time stays.

        What is set to something else is mostly shown to somebody, such as what is done just now.
        """
        for write in self._sets(mine):
            for theirs in self._sets(other):
                if (
                    same_slot(write.resource, theirs.resource)
                    and min(write.start, theirs.start) > 0
                    and not guarded(write, theirs)
                    and not equal(write, theirs)
                    and (write.awaited or theirs.awaited)
                    and not (write.told or theirs.told)
                    and not (checked(mine, write) or checked(other, theirs))
                ):
                    what = describe(write.resource)
                    return (
                        f"both set {what} to what they waited for ({self._both(write, theirs)}): "
                        "which one is last is free",
                        write.resource,
                    )
        return None

    def _seen(self, mine: Side, other: Side) -> tuple[str, Resource] | None:
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
                    and not guarded(write, read)
                    and write.awaited
                    and not checked(mine, write)
                    and nearest(other, read, Kind.SET) is None
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

    def _world(self, one: Side, two: Side) -> tuple[str, Resource] | None:
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
                    and not guarded(a, b)
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


def _own(inference: Inference, resource: Resource) -> bool:
    """Is it known whose it is? What a library keeps may differ from task to task (`flask.g`)."""
    memory = resource.selector
    if not isinstance(memory, Memory) or not is_module(memory.root):
        return True
    return inference.of(memory.root[1:-1]) is not None
