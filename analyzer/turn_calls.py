"""Which calls of a turn start ahead: what it awaits, or those that block and threads may make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .bound import Bound
from .edges import Edge, Member
from .footprint import Footprints
from .ir import AwaitValue, Call, Event, Invoke, Statement
from .members import NO_MEMBER, member_at
from .sites import Site, Sites
from .thread_members import in_threads


@dataclass(frozen=True, slots=True)
class Ahead:
    """The calls that may start ahead: the awaited ones, or those of the ids ``blocking``."""

    blocking: frozenset[int] | None = None

    @property
    def threads(self) -> bool:
        """Do threads make them?"""
        return self.blocking is not None

    def starts(self, event: Event) -> bool:
        """Is it such a call, or does it wait like one?"""
        if self.blocking is not None:
            return isinstance(event, Invoke) and event.call.id in self.blocking
        return isinstance(event, AwaitValue) or (isinstance(event, Invoke) and event.call.awaited)

    def any(self, events: Iterable[Event]) -> bool:
        """Is there one among events?"""
        return any(map(self.starts, events))

    def invoked(self, events: Iterable[Event]) -> list[Invoke]:
        """The calls among events."""
        return [e for e in events if isinstance(e, Invoke) and self.starts(e)]

    def calls(self, events: Iterable[Event]) -> list[Call]:
        """The same as calls."""
        return [e.call for e in self.invoked(events)]

    def member(
        self, index: int, statement: Statement, footprints: Footprints, bound: Bound,
        *, inside: bool = True,
    ) -> tuple[Member | None, Edge | None]:  # fmt: skip
        """The one call of a simple statement that may start ahead, or why it may not.

        (None, None) if there are several, or none.
        """
        if statement.blocks or statement.kind in NO_MEMBER:
            return None, None
        found = [(i, e.call) for i, e in enumerate(statement.events)
                 if isinstance(e, Invoke) and self.starts(e)]  # fmt: skip
        if len(found) != 1:
            return None, None
        return member_at(index, statement, 0, found[0], footprints, bound, inside=inside)

    def names(self, call: Call) -> bool:
        """Is it one of them?"""
        return call.awaited if self.blocking is None else call.id in self.blocking

    @property
    def verb(self) -> str:
        return "makes" if self.threads else "awaits"


AWAITED = Ahead()


def blocking_of(sites: Sites, site: Site, statements: Sequence[Statement]) -> Ahead:
    """The calls of statements that block, and that threads may make."""
    calls = [e.call for s in statements for e in s.events if isinstance(e, Invoke)]
    return Ahead(frozenset(c.id for c in calls if in_threads(sites, site.function, c)))
