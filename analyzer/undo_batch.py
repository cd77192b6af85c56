"""What undoing a rewrite finds: a shape in the output, and which old statements it is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Batch:
    """A shape found in the output.

    ``members`` are the old statements whose calls run together, in source order; ``moved`` those
    whose calls start before the old statement ``first``; ``between`` old statements that now
    follow the whole batch. ``calls``: of each that is ``moved`` its form, and the how manieth
    awaited call of that form in its statement it is (none where no statement awaits several).
    ``named``: the calls that are started whose risky arguments were evaluated ahead, by their
    position; ``first_named``: so were those of the one that stays in place.
    """

    form: str
    block: int  # identity of the old block's tuple of items
    first: int
    members: tuple[int, ...]
    moved: tuple[int, ...]
    between: tuple[int, ...] = ()
    calls: tuple[tuple[object, int], ...] = ()
    named: frozenset[int] = frozenset()
    first_named: bool = False
    workers: int = 0  # of a pool of threads
    waits: bool = False  # … whose results are awaited
    results: tuple[tuple[object, int], ...] = ()  # of a header: the calls whose results get names
    at: int = 0  # of a header: where its statement is in its block
    reached: frozenset[str] = frozenset()  # names of asyncio, or of the helper, that it uses
