"""The executed truth of pairs: both orders from the same state, and what each call touches."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from .model import Call, Package, Pair, Truth, pairs_of
from .outcome import Walk, state_of
from .record import Recorder, Touched, overlap
from .world import world


@dataclass(slots=True)
class _Run:
    """What one order gives. ``late`` are the outputs as they look after both calls."""

    outputs: tuple[object, object]
    state: object
    late: tuple[object, object]
    orders: list[tuple[str, ...]]
    stamped: bool
    raised: bool


def truth_of(package: Package, pair: Pair) -> Truth:
    """Runs both orders, each in a world of its own, and each call alone with a recorder."""
    one = _run(package, pair, swapped=False)
    two = _run(package, pair, swapped=True)
    place = overlap(_touched(package, pair, pair.first), _touched(package, pair, pair.second))
    state = one.state == two.state
    return Truth(
        agrees=one.outputs == two.outputs and state,
        late=one.late == two.late and state,
        ordered=one.orders == two.orders,
        stamped=one.stamped or two.stamped,
        overlap=place,
        raised=one.raised or two.raised,
    )


def _run(package: Package, pair: Pair, *, swapped: bool) -> _Run:
    calls = [(0, pair.first), (1, pair.second)]
    with world(package, pair.scenario, pair.before) as here:
        since = datetime.datetime.now()
        stamped = False
        values: dict[int, tuple[str, object]] = {}
        early: dict[int, object] = {}
        for place, call in reversed(calls) if swapped else calls:
            walk = Walk(since)
            values[place] = here.call(call)
            early[place] = walk.tree(values[place])
            stamped |= walk.stamped
        walk = Walk(since)
        state = walk.tree(state_of(here))
        late = (walk.tree(values[0]), walk.tree(values[1]))
    raised = any(kind == "raised" for kind, _ in values.values())
    outputs = (early[0], early[1])
    return _Run(outputs, state, late, walk.orders, stamped or walk.stamped, raised)


def _touched(package: Package, pair: Pair, call: Call) -> Touched:
    with world(package, pair.scenario, pair.before) as here:
        return Recorder(here).run(call)


def truths(
    package: Package, workers: int = 1, pairs: Sequence[Pair] | None = None
) -> list[tuple[Pair, Truth]]:
    """Pairs (all neighbouring ones of the package) with their truths, executed in ``workers``."""
    wanted = pairs_of(package) if pairs is None else list(pairs)
    distinct = {(p.scenario.name, p.before, p.text): p for p in wanted}
    todo = list(distinct.values())
    if workers < 2 or len(todo) < 50:
        found = [truth_of(package, pair) for pair in todo]
    else:
        size = len(todo) // (4 * workers) + 1
        chunks = [todo[i : i + size] for i in range(0, len(todo), size)]
        with ProcessPoolExecutor(workers) as pool:
            parts = pool.map(_truths, [package] * len(chunks), chunks)
            found = [truth for part in parts for truth in part]
    known = dict(zip(distinct, found, strict=True))
    return [(p, known[p.scenario.name, p.before, p.text]) for p in wanted]


def _truths(package: Package, pairs: Sequence[Pair]) -> list[Truth]:
    return [truth_of(package, pair) for pair in pairs]
