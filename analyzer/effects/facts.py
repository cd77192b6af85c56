"""What is known of one call."""

from __future__ import annotations

from dataclasses import dataclass

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

    ``covered``: locks without which it waits for nothing.
    """

    locks: tuple[Lock, ...] = ()
    nested: str = ""
    covered: tuple[Resource, ...] = ()


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
    origin: str = ""
    assumes: str = ""
    opens: str = ""  # the exclusive handle (a stream, a file) that an awaited result is
    latency_ms: float | None = None
    entry: Entry | None = None
    returns: str = "alias"  # of a function of the project: as `Entry.returns`
    unknown: str = ""  # qualified name of the unknown call behind `everything`, `name` if empty
    locking: Locking = NO_LOCKS

    @property
    def blamed(self) -> str:
        """The unknown call that makes this one unknown."""
        return self.unknown or self.name

    @property
    def writes(self) -> tuple[Effect, ...]:
        return tuple(e for e in self.effects if e.writes)

    @property
    def domains(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(e.resource.domain for e in self.effects
                                   if e.resource.domain != MEMORY))  # fmt: skip
