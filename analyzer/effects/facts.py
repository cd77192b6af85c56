"""What is known of one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .catalog import Entry
from .model import MEMORY, Effect, Resource


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock, or one permit of several, that a call waits for and gives back.

    ``exclusive``: it is certain which one it is, and it lets only one in. ``deadline``: the call
    does not wait for it as long as it takes.
    """

    resource: Resource
    exclusive: bool
    deadline: bool = False


@dataclass(frozen=True, slots=True)
class Locking:
    """The locks that a call takes. ``nested``, in words: it waits for one while it holds another.

    ``covered``: locks without which it waits for nothing. ``held``: of a function that makes a
    manager, those that it holds while the `with` body runs.
    """

    locks: tuple[Lock, ...] = ()
    nested: str = ""
    covered: tuple[Resource, ...] = ()
    held: tuple[Lock, ...] = ()


NO_LOCKS = Locking()


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of one call. ``everything`` is the reason why it conflicts with all, or ""."""

    name: str
    effects: tuple[Effect, ...] = ()
    everything: str = ""
    known: bool = False
    pure: bool = False
    affine: bool = False
    raises: bool = True
    speculative: bool = False
    handles: tuple[Resource, ...] = ()  # used exclusively
    cancel_unsafe: bool = False
    reached: tuple[Resource, ...] = ()  # of `handles`: see `handles.Used`
    origin: str = ""
    assumes: str = ""
    opens: str = ""  # the exclusive handle (a stream, a file) that an awaited result is
    latency_ms: float | None = None
    latency_p95: float | None = None
    entry: Entry | None = None
    returns: str = "alias"  # of a function of the project: as `Entry.returns`
    unknown: str = ""  # qualified name of the unknown call behind `everything`, `name` if empty
    locking: Locking = NO_LOCKS

    @property
    def blamed(self) -> str:
        """The unknown call that makes this one unknown."""
        return self.unknown or self.name

    @property
    def threads(self) -> bool:
        """If it is not awaited: may any thread make the call, while others make others?"""
        return self.entry is not None and self.entry.threads

    @property
    def writes(self) -> tuple[Effect, ...]:
        return tuple(e for e in self.effects if e.writes)

    @property
    def domains(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(e.resource.domain for e in self.effects
                                   if e.resource.domain != MEMORY))  # fmt: skip


def joined(found: Sequence[CallFacts]) -> CallFacts:
    """A call that does one of several things: of each claim the weakest holds."""
    first = found[0]
    if len(found) == 1:
        return first
    unknown = next((f for f in found if f.everything), None)
    if unknown is not None:
        return unknown
    waits = [f.latency_ms for f in found if f.latency_ms is not None] or [0.0]
    kinds = {f.returns for f in found}
    return replace(
        first,
        effects=tuple(dict.fromkeys(e for f in found for e in f.effects)),
        known=all(f.known for f in found),
        pure=all(f.pure for f in found),
        affine=any(f.affine for f in found),
        raises=any(f.raises for f in found),
        handles=tuple(dict.fromkeys(h for f in found for h in f.handles)),
        cancel_unsafe=any(f.cancel_unsafe for f in found),
        origin="; ".join(dict.fromkeys(f.origin for f in found)),
        assumes="; ".join(dict.fromkeys(f.assumes for f in found if f.assumes)),
        # One that never waits gains nothing by being run beside others.
        latency_ms=max(waits) if all(waits) else 0.0,
        returns=next(k for k in ("alias", "fresh", "immutable") if k in kinds),
        locking=_any_locks([f.locking for f in found]),
    )


def _any_locks(found: Sequence[Locking]) -> Locking:
    common = set(found[0].locks).intersection(*(f.locks for f in found))
    locks = dict.fromkeys(lock for f in found for lock in f.locks)
    held = dict.fromkeys(lock for f in found for lock in f.held)
    same = set(found[0].held).intersection(*(f.held for f in found))
    return Locking(
        tuple(replace(lock, exclusive=lock.exclusive and lock in common) for lock in locks),
        next((f.nested for f in found if f.nested), ""),
        tuple(r for r in found[0].covered if all(r in f.covered for f in found)),
        tuple(replace(lock, exclusive=lock.exclusive and lock in same) for lock in held),
    )
