"""One thing that a coroutine does, between which of its suspensions, and under which locks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from .effects.callees import Target
from .effects.model import MEMORY, Effect, Mode, Resource
from .effects.site import Site
from .ir import Call, Place, Value

if TYPE_CHECKING:
    from .effects.inference import Inference

#: Given as a lock where one may be held that cannot be told.
OPAQUE_LOCK = Resource("lock")

_CLOCKS = ("time.", "datetime.", "asyncio.get_event_loop", "asyncio.get_running_loop")
#: Values are followed so far that are made of others.
_FAR = 3

#: A task that awaits one of these may wait for what another one does, whatever its object is.
_WAITING = frozenset({"wait", "get", "join", "acquire", "result", "recv", "receive"})
_PUTTING = frozenset({"put", "send", "wait_for"})

#: Domains in which a call takes nothing that could run out.
UNLIMITED = frozenset({MEMORY, "log", "stdout", "random", "time", "clock", "sleep", "env"})

Path = tuple[tuple[object, ...], ...]


class Kind(StrEnum):
    READ = "reads"
    SET = "sets"
    WORLD_READ = "reads from"
    WORLD_WRITE = "writes to"
    HANDLE = "uses"


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that a coroutine does between its suspensions number ``start`` and ``end``.

    ``locks`` are held then; ``path`` is where it stands, by statement and block. ``told``: another
    task may have told it to go on. ``again``: it stands in a loop. ``constant``: the text of the
    constant that is set. ``stamp``: what is set is the time of day; ``awaited``: what an awaited
    call has answered. ``call`` is the name of the call that does it, ``module`` that of the file
    in which the line is.

    A read that an `if` asks for has the ``asking`` number of that statement; ``leaves``: one of its
    branches ends the function, or the turn, so all that follows rests on what was read. ``based``:
    what is set is made of what was there; ``given`` is the object that is set, if it has a path.
    """

    kind: Kind
    resource: Resource
    start: int
    end: int
    line: int
    function: str
    locks: frozenset[Resource] = frozenset()
    path: Path = ()
    told: bool = False
    again: bool = False
    constant: str = ""
    stamp: bool = False
    awaited: bool = False
    call: str = ""
    source: str = ""
    order: int = 0
    module: str = ""
    asking: int = 0
    leaves: bool = False
    based: bool = False
    given: Resource | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """``steps``: how often it may be suspended; ``told``: it may wait for another task.

    ``bound``: it enters something that may let in only so many at a time. ``unseen``: it awaits
    something of which nothing is known. ``outside``: it waits for something outside the program.
    """

    accesses: tuple[Access, ...] = ()
    steps: int = 0
    told: bool = False
    bound: bool = False
    unseen: bool = False
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Here:
    """Where the walk is: locks that are held, statements around, in a loop?"""

    locks: frozenset[Resource] = frozenset()
    path: Path = ()
    again: bool = False
    asking: int = 0
    leaves: bool = False


def of_facts(
    inference: Inference, call: Call, start: int, end: int, here: Here
) -> Iterable[Access]:
    """What a call does to the world, and the exclusive handles that it uses while it is awaited."""
    module = inference.resolver.module_name
    facts = inference.run(call)
    for effect in facts.effects:
        if effect.resource.domain == MEMORY or effect.derived:
            continue
        kind = Kind.WORLD_WRITE if effect.writes else Kind.WORLD_READ
        yield Access(kind, effect.resource, start, end, call.span.line, "", here.locks, here.path,
                     again=here.again, call=facts.name, source=effect.source,
                     module=module)  # fmt: skip
    if end > start:
        for handle in facts.handles:
            yield Access(Kind.HANDLE, handle, start, end, call.span.line, "", here.locks,
                         here.path, again=here.again, call=facts.name,
                         module=module)  # fmt: skip


def at_site(trace: Trace, inference: Inference, call: Call, target: Target) -> Trace:
    """A trace in a function's words → in those of a module that calls it."""
    assert target.function is not None
    site = Site(inference, call, target, target.inference.summary(target.function))
    found: list[Access] = []
    for access in trace.accesses:
        resource = one_resource(site.effect(Effect(mode(access), access.resource)))
        if resource is None:
            continue
        locks: set[Resource] = set()
        for lock in access.locks:
            here = site.handle(lock) if lock.domain == MEMORY else [lock]
            locks.add(here[0] if len(here) == 1 else OPAQUE_LOCK)
        given = one_of(site.handle(access.given)) if access.given is not None else None
        found.append(replace(access, resource=resource, locks=frozenset(locks), given=given))
    return replace(trace, accesses=tuple(found))


def mode(access: Access) -> Mode:
    """The mode of the effect that an access is."""
    return Mode.WRITE if access.kind in (Kind.SET, Kind.WORLD_WRITE) else Mode.READ


def one_of(found: list[Resource]) -> Resource | None:
    """The resource, if it is certain which one it is."""
    return found[0] if len(found) == 1 else None


def one_resource(effects: Iterable[Effect]) -> Resource | None:
    """The one resource of some effects; None if there are others or none."""
    found = list(dict.fromkeys(effect.resource for effect in effects))
    return found[0] if len(found) == 1 else None


def waits_for_others(inference: Inference, call: Call, *, known: bool) -> bool:
    """May a call wait until another task says so: for an event, a queue, a future?"""
    if known and not inference.resolver.call_name(call).startswith("asyncio."):
        return False
    bare = call.method in _WAITING and not any(a.keyword is None for a in call.arguments)
    return bare or (call.awaited and call.method in _PUTTING and call.receiver is not None)


# -- what is set -------------------------------------------------------------------------------


def clocked(inference: Inference, value: Value) -> bool:
    """Is it, or is a part of it, the time of day?"""
    if value.place is None:
        return any(clocked(inference, v) for v in (*value.held, *value.parts))
    call = inference.module.calls.get(value.place.symbol)
    if call is None:
        return False
    inner = call.receiver is not None and clocked(inference, call.receiver)
    return inner or inference.resolver.call_name(call).startswith(_CLOCKS)


def answered(inference: Inference, value: Value, depth: int = 0) -> bool:
    """Is it, or is a part of it, what an awaited call has answered?"""
    if value.place is None:
        return any(answered(inference, v, depth) for v in (*value.held, *value.parts))
    call = inference.module.calls.get(value.place.symbol)
    if call is not None:
        made = [a.value for a in call.arguments]
        made += [call.receiver] if call.receiver is not None else []
        inner = depth < _FAR and any(answered(inference, v, depth + 1) for v in made)
        return call.awaited or inner
    info = inference.module.symbols.get(value.place.symbol)
    if info is None or info.kind != "local" or depth >= _FAR:
        return False
    return any(answered(inference, v, depth + 1) for v in info.values)


def made_of(inference: Inference, value: Value, place: Place, depth: int = 0) -> bool:
    """Is a value made of what stands at a path?"""
    if value.place == place:
        return True
    if any(made_of(inference, v, place, depth) for v in (*value.held, *value.parts)):
        return True
    if value.place is None or depth >= _FAR:
        return False
    call = inference.module.calls.get(value.place.symbol)
    if call is not None:
        return any(made_of(inference, a.value, place, depth + 1) for a in call.arguments)
    info = inference.module.symbols.get(value.place.symbol)
    local = info is not None and info.kind == "local" and not value.place.steps
    values = info.values if info is not None and local else ()
    return any(made_of(inference, v, place, depth + 1) for v in values)
