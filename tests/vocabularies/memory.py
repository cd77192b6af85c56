"""Results of look-ups, each worked out once, though modules and classes refer to each other.

A look-up that runs into itself gives nothing there. What was worked out on the way holds only as
long as that look-up is under way; the rest holds for good.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
FREE = 1 << 30  # deeper than anything


@dataclass(slots=True)
class Memory(Generic[T]):
    results: dict[Hashable, T] = field(default_factory=dict[Hashable, T])
    active: dict[Hashable, int] = field(default_factory=dict[Hashable, int])  # by depth
    passing: dict[Hashable, tuple[T, int]] = field(default_factory=dict[Hashable, tuple[T, int]])
    lowest: int = FREE  # the outermost look-up that was run into


def remembered(memory: Memory[T], key: Hashable, compute: Callable[[], T], nothing: T) -> T:
    """What ``compute`` gives, or ``nothing`` where it needs itself."""
    if key in memory.results:
        return memory.results[key]
    if key in memory.active:
        memory.lowest = min(memory.lowest, memory.active[key])
        return nothing
    if key in memory.passing:
        found, low = memory.passing[key]
        memory.lowest = min(memory.lowest, low)
        return found
    depth = memory.active[key] = len(memory.active)
    before, memory.lowest = memory.lowest, FREE
    try:
        found = compute()
    finally:
        del memory.active[key]
        low, memory.lowest = memory.lowest, before
    if low < depth:
        memory.passing[key] = (found, low)
        memory.lowest = min(before, low)
        return found
    memory.results[key] = found
    for other in [k for k, (_, low) in memory.passing.items() if low >= depth]:
        del memory.passing[other]
    return found
