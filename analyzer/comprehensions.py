"""Comprehensions as they are lowered: what they go through, test, and make of each element."""

from __future__ import annotations

from dataclasses import dataclass

from .ir import Call, Event, Invoke, Span, Target, Turns


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A list, set or dictionary made by `for` clauses, or a generator.

    The events are those of its statement: of what it goes through, of its conditions, and of an
    element. ``element``: where the text of one
    element is, of which the lines are not its own; ``clause``: from the `for` to the end.
    """

    kind: str  # list, set, dict, generator
    span: Span
    turns: Turns
    element: Span
    clause: Span
    conditions: tuple[Span, ...]
    setup: tuple[Event, ...]
    binding: tuple[Event, ...]
    tests: tuple[Event, ...]
    making: tuple[Event, ...]
    guarded: bool  # it may not be made at all
    more: tuple[Turns, ...] = ()  # what further `for` clauses go through

    @property
    def names(self) -> Target:
        """What all its clauses bind."""
        return (self.turns.names, *(t.names for t in self.more)) if self.more else self.turns.names

    @property
    def calls(self) -> tuple[Call, ...]:
        """What is called for it, what it goes through included."""
        events = (*self.setup, *self.binding, *self.tests, *self.making)
        return tuple(e.call for e in events if isinstance(e, Invoke))

    @property
    def awaits(self) -> bool:
        """Does it await a call?"""
        return any(call.awaited for call in self.calls)

    @property
    def asks(self) -> bool:
        """Does a condition await a call?"""
        return any(isinstance(e, Invoke) and e.call.awaited for e in self.tests)

    @property
    def asked(self) -> tuple[Event, ...]:
        """What can be evaluated ahead for all elements: conditions, unless they await."""
        return () if self.asks else self.tests

    @property
    def filters(self) -> tuple[Span, ...]:
        """The conditions that are evaluated ahead for all elements."""
        return () if self.asks else self.conditions

    @property
    def taking(self) -> tuple[Event, ...]:
        """What is done when the result of an element's call is there."""
        return (*self.tests, *self.making) if self.asks else self.making
