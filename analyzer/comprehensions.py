"""Comprehensions as they are lowered: what they go through, test, and make of each element."""

from __future__ import annotations

from dataclasses import dataclass

from .ir import Event, Span, Turns


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A list, set or dictionary made by one `for`, or a generator.

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
