"""Locks and permits that a function takes and gives back, and what it waits for under them.

Which task gets a lock first is free, so taking one is no effect: what is done under it is. But a
call that waits for one lock while it holds another can wait forever for a call that does the same
(Coffman et al., "System Deadlocks", 1971: hold and wait), and calls that wait for nothing but under
one lock run one after the other anyway.

A lock is followed where it is entered by `async with`, or acquired right before a `try` whose
`finally` gives it back, and if it is one of asyncio's: those know no owner and are not reentrant
(https://docs.python.org/3/library/asyncio-sync.html). A lock of threads that is given back before
the next `await` never keeps a task waiting for another one. All others are not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..classes import events_of
from ..ir import (
    AwaitValue,
    Block,
    Call,
    Control,
    Enter,
    Event,
    Invoke,
    Iterate,
    Place,
    Statement,
    Store,
    Value,
)
from ..latency import latency_of
from ..within import located
from .entry_effects import permitted
from .facts import Lock, Locking
from .model import MEMORY, Resource, describe
from .own_managers import entered_call

if TYPE_CHECKING:
    from .body import Body

#: Their permits are given back by whoever has one: no owner, no reentrance.
_LOCK = "asyncio.Lock"
_FOLLOWED = frozenset({_LOCK, "asyncio.Semaphore", "asyncio.BoundedSemaphore"})
_OF_THREADS = frozenset({
    "threading.Lock", "threading.RLock", "threading.Semaphore", "threading.BoundedSemaphore",
})  # fmt: skip


@dataclass
class _Taken:
    """Collected over a body; ``under`` are the milliseconds that are waited under each lock."""

    locks: dict[Lock, None] = field(default_factory=dict[Lock, None])
    nested: str = ""
    waits: float = 0.0
    under: dict[Resource, float] = field(default_factory=dict[Resource, float])
    places: list[tuple[int, tuple[Resource, ...]]] = field(
        default_factory=list[tuple[int, tuple[Resource, ...]]]
    )
    yielding: tuple[Lock, ...] = ()  # held at the `yield` of a function that makes a manager


@dataclass(frozen=True, slots=True)
class _Now:
    """What is held at a statement, and whether a deadline runs."""

    held: tuple[Lock, ...] = ()
    deadline: bool = False


class Locks:
    """The locks of one function on its way to a summary."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.inference = body.inference
        self._given: set[int] = set()  # calls of acquire() and release() that are followed
        self._pairs: dict[int, Place] = {}  # statement (its id) that is run under a lock → the lock
        self._find_pairs(body.function.block)

    def followed(self, event: Event) -> bool:
        """Does an event only take a lock or give it back, or set a deadline?

        Or does it enter a manager of the project, which its call does?
        """
        if isinstance(event, Invoke):
            return event.call.id in self._given or event.call.symbol in self._deadlines
        if not isinstance(event, Enter):
            return False
        if entered_call(self.inference, event.value) is not None:
            return True
        return id(event) in self._brief if not event.asynchronous else self._is_lock(event.value)

    def waits_for(self, call: Call) -> bool:
        """Is it a wait for a lock? How long that takes is nobody's to know."""
        return call.id in self._given

    @cached_property
    def _found(self) -> _Taken:
        found = _Taken()
        self._block(self.body.function.block, _Now(), found)
        return found

    @property
    def places(self) -> list[tuple[int, tuple[Resource, ...]]]:
        """Lines at which the function itself waits, and for what."""
        return self._found.places

    @property
    def taken(self) -> Locking:
        """What the function takes, in the words of those who call it."""
        found = self._found
        covered = tuple(r for r, ms in found.under.items() if found.waits > 0 and ms == found.waits)
        return Locking(tuple(found.locks), found.nested, covered, found.yielding)

    # -- finding -------------------------------------------------------------------------------

    def kind(self, value: Value) -> str:
        """The type of what may be a lock, "" if it is not known."""
        kind = self.inference.resolver.type_of(value) if value.place is not None else ""
        return self.inference.resolver.types.canonical(kind) if kind else ""

    def _is_lock(self, value: Value) -> bool:
        """Is it a lock, or a semaphore, that is followed?"""
        return self.kind(value) in _FOLLOWED

    def _exclusive(self, value: Value) -> bool:
        """Does it let only one in?"""
        if self.kind(value) == _LOCK:
            return True
        made = list(self._made(value.place)) if value.place is not None else []
        return bool(made) and all(call is not None and _single(call) for call in made)

    def several(self, value: Value) -> bool:
        """Is it seen where a semaphore is made, and does it not ask for one permit there?"""
        made = list(self._made(value.place)) if value.place is not None else []
        return bool(made) and all(call is not None and not _single(call) for call in made)

    def _made(self, place: Place) -> Iterator[Call | None]:
        """The calls that make what stands at a path, as far as this module shows them."""
        module = self.inference.module
        if not place.steps:
            info = module.symbols.get(place.symbol)
            for value in info.values if info is not None else ():
                yield module.calls.get(value.place.symbol) if value.place is not None else None
            return
        for function in module.functions:
            for event in events_of(function):
                if isinstance(event, Store) and event.place.steps[-1:] == place.steps[-1:]:
                    value = event.value
                    yield module.calls.get(value.place.symbol) if value.place is not None else None

    @cached_property
    def _brief(self) -> frozenset[int]:
        """Entering a lock of threads, where nothing is awaited until it is left."""
        return frozenset(
            id(event)
            for event, around in located(self.body.function)
            if isinstance(event, Enter)
            and not event.asynchronous
            and self.kind(event.value) in _OF_THREADS
            and not any(_suspends(e) for e in around[-1].events)
        )

    @cached_property
    def _deadlines(self) -> frozenset[str]:
        """Calls that make a deadline that is entered on the spot: it ends where it began."""
        return frozenset(
            event.value.place.symbol
            for statement in self.body.function.block.statements
            for event in statement.events
            if isinstance(event, Enter)
            and event.asynchronous
            and event.value.place is not None
            and event.value.place.symbol.startswith("call#")
            and self.body.footprints.manager(event.value) == "deadline"
        )

    def _find_pairs(self, block: Block) -> None:
        """`await lock.acquire()`, then at once `try: … finally: lock.release()`."""
        statements = block.statements
        for i, statement in enumerate(statements):
            for inner in statement.blocks:
                self._find_pairs(inner)
            call = _only_call(statement, "acquire")
            if call is None or not call.awaited or i + 1 == len(statements):
                continue
            after = statements[i + 1]
            place = call.receiver.place if call.receiver is not None else None
            if place is None or call.receiver is None or not self._is_lock(call.receiver):
                continue
            last = after.blocks[-1] if after.final and after.blocks else None
            if last is None or last.role != "finalbody" or not last.statements:
                continue
            given = _only_call(last.statements[0], "release")
            if given is None or given.receiver is None or given.receiver.place != place:
                continue
            self._given |= {call.id, given.id}
            self._pairs[id(after)] = place

    # -- walking -------------------------------------------------------------------------------

    def _block(self, block: Block, now: _Now, found: _Taken) -> None:
        for statement in block.statements:
            if statement.kind not in ("FunctionDef", "ClassDef"):
                self._statement(statement, now, found)

    def _statement(self, statement: Statement, now: _Now, found: _Taken) -> None:
        within = {
            e.call.id for b in statement.blocks for s in b.statements for e in s.events
            if isinstance(e, Invoke)
        }  # fmt: skip
        line = statement.span.line
        place = self._pairs.get(id(statement))
        if place is not None:
            value = Value(place=place)
            now = self._take(value, line, now, found, exclusive=self._exclusive(value))
        inner = now
        if any(isinstance(e, Control) and e.word == "yield" for e in statement.events):
            found.yielding = now.held  # the statement that is the `yield` comes last
        for enter in statement.managers:
            call = entered_call(self.inference, enter.value)
            if call is not None:
                within.add(call.id)
                inner = self._managed(call, inner, found)
            elif self.body.footprints.manager(enter.value) == "deadline":
                inner = replace(inner, deadline=True)
            elif enter.asynchronous and self._is_lock(enter.value):
                exclusive = self._exclusive(enter.value)
                inner = self._take(enter.value, line, inner, found, exclusive=exclusive)
            elif (source := self.limited(enter.value)) is not None:
                inner = self._take(source, line, inner, found, exclusive=False)
        for event in statement.events:
            if isinstance(event, Invoke) and event.call.id not in within:
                # What a header calls may run before or after its locks are taken.
                self._call(event.call, now, inner, found)
        for block in statement.blocks:
            self._block(block, inner if block.role == "with" else now, found)

    def limited(self, value: Value) -> Value | None:
        """The shared object that hands out an exclusive handle: a pool, a session factory.

        It has a limited number of them, and waits when all are in use (MagicStack/asyncpg#5).
        """
        call = self.inference.module.calls.get(value.place.symbol) if value.place else None
        kind = self.inference.resolver.type_of(value)
        if call is None or self.inference.handles.exclusive_type(kind) is None:
            return None
        entry = self.inference.resolver.entry(call)
        if entry is not None and entry.permit:
            return permitted(entry, call)
        source = call.receiver or call.function
        if source.place is None or self.inference.resolver.module_like(source.place):
            return None
        info = self.inference.module.symbols.get(source.place.symbol)
        if info is not None and not source.place.steps and (info.cls or info.function):
            return None
        if call.receiver is None and self.inference.resolver.constructs(call):
            return None
        return source

    def _take(self, value: Value, line: int, now: _Now, found: _Taken, *, exclusive: bool) -> _Now:
        """A lock or permit is waited for → what is held then."""
        if value.place is None:
            return now
        memory = self.inference.memory(value.place)
        resources = self.body.handle_outside(Resource(MEMORY, memory))
        locks = tuple(Lock(r, exclusive and len(resources) == 1, now.deadline) for r in resources)
        found.places.append((line, tuple(resources)))
        self._wait(locks, now, found)
        return replace(now, held=(*now.held, *locks))

    @staticmethod
    def _wait(locks: Iterable[Lock], now: _Now, found: _Taken) -> None:
        for lock in locks:
            found.locks.setdefault(lock)
            if now.held and not found.nested:
                first, then = describe(now.held[0].resource), describe(lock.resource)
                found.nested = f"waits for {then} while it holds {first}"

    def _managed(self, call: Call, now: _Now, found: _Taken) -> _Now:
        """A manager of the project is entered → what is held in the `with` body."""
        self._call(call, now, now, found, waits=True)
        held = [(lock, self.body.handle_outside(lock.resource))
                for lock in self.inference.facts(call).locking.held]  # fmt: skip
        locks = tuple(
            replace(lock, resource=r, exclusive=lock.exclusive and len(here) == 1)
            for lock, here in held for r in here
        )  # fmt: skip
        return replace(now, held=(*now.held, *locks))

    def _call(
        self, call: Call, now: _Now, inner: _Now, found: _Taken, *, waits: bool = False
    ) -> None:
        """``now``: what is held for certain when it runs; ``inner``: what may be."""
        if call.id in self._given:
            return
        facts = self.inference.facts(call)
        locking = facts.locking
        for lock in locking.locks:
            self._wait(
                [replace(lock, resource=r, deadline=lock.deadline or inner.deadline)
                 for r in self.body.handle_outside(lock.resource)],
                inner, found,
            )  # fmt: skip
        found.nested = found.nested or locking.nested
        if not (call.awaited or waits):
            return
        ms = latency_of(facts)[0]
        found.waits += ms
        covers = {r for c in locking.covered for r in one(self.body.handle_outside(c))}
        for resource in covers | {lock.resource for lock in now.held if lock.exclusive}:
            found.under[resource] = found.under.get(resource, 0.0) + ms


def _suspends(event: Event) -> bool:
    """May the task be suspended here?"""
    match event:
        case Invoke(call=call):
            return call.awaited
        case Enter(asynchronous=asynchronous) | Iterate(asynchronous=asynchronous):
            return asynchronous
        case Control(word=word):
            return word == "yield"
        case _:
            return isinstance(event, AwaitValue)


def _single(call: Call) -> bool:
    """Does a semaphore's constructor ask for one permit, which is what it has by default?"""
    values = [a.value for a in call.arguments]
    return not values or (len(values) == 1 and values[0].is_literal and values[0].literal == 1)


def one(resources: list[Resource]) -> list[Resource]:
    """The resource, if it is certain which one it is."""
    return resources if len(resources) == 1 else []


def _only_call(statement: Statement, method: str) -> Call | None:
    """The call of a statement that is nothing but `x.method()`."""
    if statement.kind != "Expr":
        return None
    calls = [e.call for e in statement.events if isinstance(e, Invoke)]
    if len(calls) != 1 or calls[0].method != method or calls[0].arguments:
        return None
    return calls[0]
