"""In which statements an event stands: events of nested blocks are folded into outer statements."""

from __future__ import annotations

from dataclasses import replace

from .ir import Event, Function, Invoke, Statement

Around = tuple[Statement, ...]  # outermost first


def located(function: Function) -> list[tuple[Event, Around]]:
    """The events of a function with the statements that hold each."""
    return [
        (event, around)
        for statement in function.block.statements
        for event, around in zip(statement.events, _around(statement), strict=True)
    ]


def _around(statement: Statement) -> list[Around]:
    """For each event of a statement, the statements that hold it, itself first.

    The events of nested blocks are folded in, in order: as they are, or marked as guarded.
    """
    events = statement.events
    found: list[Around] = [(statement,)] * len(events)
    start = 0
    for block in statement.blocks:
        inner = [
            (e, at) for s in block.statements for e, at in zip(s.events, _around(s), strict=True)
        ]
        for begin in range(start, len(events) - len(inner) + 1):
            if all(_folded(events[begin + i], e) for i, (e, _) in enumerate(inner)):
                for i, (_, at) in enumerate(inner):
                    found[begin + i] = (statement, *at)
                start = begin + len(inner)
                break
    return found


def _folded(outer: Event, inner: Event) -> bool:
    """Is an event of a statement that one of a nested block?"""
    if isinstance(outer, Invoke) or isinstance(inner, Invoke):
        return isinstance(outer, Invoke) and isinstance(inner, Invoke) and outer.call is inner.call
    return outer is inner or outer == replace(inner, guarded=True)
