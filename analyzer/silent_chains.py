"""Chains that a comment silences: the batches that there would be without them take their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .footprint import Footprint
from .schedule import Chains, Region
from .suppressions import Suppression, silencing

#: The code of chains, and that of the batches in their place.
CHAINS, BATCHES = "PX106", "PX101"
#: Codes with the lines on which a comment silences what has them.
Silenced = tuple[tuple[str, frozenset[int]], ...]


def heard(
    planned: Callable[[Chains], tuple[Region, ...]],
    chains: Chains,
    prints: Sequence[Footprint],
    comments: Sequence[Suppression],
) -> tuple[tuple[Region, ...], Silenced]:
    """The regions that are planned once no chain is silenced, and what was silenced for them.

    A comment that silences batches as well leaves alone all calls that were chains: those of a
    batch need not stand on its line.
    """
    alone: list[Region] = []
    silenced: list[tuple[str, frozenset[int]]] = []
    while True:
        found = planned(chains)
        quiet = {r: lines for r in found if r.chains
                 and silencing(comments, lines := _lines(r, prints), CHAINS)}  # fmt: skip
        if not quiet:
            return tuple(r for r in found if not _within(r, alone)), tuple(silenced)
        for region, lines in quiet.items():
            silenced += [(CHAINS, lines), (BATCHES, lines)]
            if silencing(comments, lines, BATCHES):
                alone.append(region)
        chains = _without(chains, quiet)


def _without(chains: Chains, regions: Mapping[Region, object]) -> Chains:
    return {
        k: [c for c in of_k if not any(r.first <= c.begin and c.end <= r.last for r in regions)]
        for k, of_k in chains.items()
    }


def _within(region: Region, others: Sequence[Region]) -> bool:
    return any(o.first <= region.first and region.last <= o.last for o in others)


def _lines(region: Region, prints: Sequence[Footprint]) -> frozenset[int]:
    """The first and last lines of its calls."""
    calls = (c for p in prints[region.first : region.last + 1] for c in p.calls if c.awaited)
    spans = [c.await_span or c.span for c in calls]
    return frozenset(line for span in spans for line in (span.line, span.end_line))
