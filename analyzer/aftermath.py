"""Who looks at what a block has bound once it has failed.

What a failing run has bound is seen by handlers and `finally`, by what follows a statement that
swallows the failure, and by the next turn of a loop around it: never by the rest of the block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .ir import Block, Define, Event, Function, Module, Mutate, Statement, Store, Use

_LOOPS = frozenset({"For", "While"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What can see a function's memory after a failure."""

    seen: frozenset[str]  # symbols that a closure sees
    everything_seen: bool  # module level, or a handler around the block
    ends: bool = False  # a failure here ends the program, and only its traceback tells
    unsafe: bool = False  # level on-success: writes may start before earlier calls succeeded
    unseen: frozenset[str] = frozenset()  # local symbols that nobody looks up all the same

    def sees(self, symbol: str) -> bool:
        """May somebody look a symbol up after a failure?"""
        return symbol in self.seen or (self.everything_seen and symbol not in self.unseen)


def unseen(
    module: Module,
    function: Function,
    parents: Sequence[tuple[Statement, Block]],
    handled: Callable[[Statement], bool],
) -> frozenset[str]:
    """Local symbols of which only the innermost handled block among ``parents`` takes notice.

    ``handled``: may such a statement swallow, or do something after, a failure in it? Empty where
    none of them does.
    """
    at = next((i for i in range(len(parents) - 1, -1, -1) if handled(parents[i][0])), None)
    if at is None:
        return frozenset()
    block = parents[at][1]
    elsewhere = _looked_up_elsewhere(function, parents[: at + 1])
    found = {
        symbol
        for statement in block.statements
        for event in statement.events
        if isinstance(event, Define) and (symbol := event.symbol) not in elsewhere
        and symbol.startswith(f"{function.scope}:") and symbol not in function.exposed
        and symbol in module.symbols and not module.symbols[symbol].unbound
    }  # fmt: skip
    if any(parent.kind in _LOOPS for parent, _ in parents[:at]):
        found = {symbol for symbol in found if _bound_first(symbol, block)}
    return frozenset(found)


def _looked_up_elsewhere(
    function: Function, path: Sequence[tuple[Statement, Block]]
) -> frozenset[str]:
    """The symbols that are looked up in a function outside of the last block of a path."""
    found: set[str] = set()
    level: Sequence[Statement] = function.block.statements
    for parent, block in path:
        found |= _all_looked_up(s for s in level if s is not parent)
        found |= _all_looked_up(s for b in parent.blocks if b is not block for s in b.statements)
        in_all = Counter(symbol for event in parent.events for symbol in _looked_up(event))
        in_blocks = Counter(
            symbol
            for nested in parent.blocks
            for statement in nested.statements
            for event in statement.events
            for symbol in _looked_up(event)
        )
        found |= (in_all - in_blocks).keys()  # in its header
        level = block.statements
    return frozenset(found)


def _all_looked_up(statements: Iterable[Statement]) -> set[str]:
    return {
        symbol
        for statement in statements
        for event in statement.events
        for symbol in _looked_up(event)
    }


def _looked_up(event: Event) -> tuple[str, ...]:
    return (event.place.symbol,) if isinstance(event, (Use, Store, Mutate)) else ()


def _bound_first(symbol: str, block: Block) -> bool:
    """When the block runs again, is the name bound anew before it is looked up?"""
    for statement in block.statements:
        for event in statement.events:
            if symbol in _looked_up(event):
                return False
            if isinstance(event, Define) and event.symbol == symbol:
                return not event.guarded and not statement.blocks
    return False
