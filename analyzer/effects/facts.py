"""What is known of one call."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import Entry
from .model import MEMORY, Effect, Resource


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
