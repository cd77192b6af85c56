"""Where durations come from: traces, declarations, entries, then the cited default of the domain.

What is planned rests on what the configuration says; what a trace says counts in the projection.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .distributions import Constant, Distribution, spread
from .effects.durations import default_latencies
from .effects.facts import CallFacts


class Origin(StrEnum):
    """What kind of source a duration is from, best first."""

    MEASURED = "measured"  # a trace
    DECLARED = "declared"  # the configuration, a manifest
    CATALOG = "catalog"  # an entry that ships with pexec
    BODY = "body"  # the sum of what the body of a function of the project waits for
    DEFAULT = "default"  # the cited default of a domain


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a call takes, and where that is from; ``count``: measured calls, ``failed`` others.

    ``source`` is printed beside every figure that rests on it.
    """

    distribution: Distribution
    origin: Origin
    source: str
    count: int = 0
    failed: int = 0


def latency_of(facts: CallFacts) -> tuple[float, str]:
    """Milliseconds that one call waits (its median), and the source of the figure."""
    if facts.latency_ms is not None:
        return facts.latency_ms, facts.origin
    table = default_latencies()
    known = [(table.get(d, table["other"]), d) for d in facts.domains]
    if known:
        ms, domain = max(known)
        return ms, f"default for {domain}"
    return table["other"], "default"


def latency_known(facts: CallFacts, blocks: float | None = None) -> Latency:
    """The same with its spread and kind; ``blocks``: how long a blocking call takes, if it does."""
    ms, source = latency_of(facts)
    if blocks is not None:
        ms = blocks
    if facts.latency_ms is None:
        return Latency(Constant(ms), Origin.DEFAULT, source)
    if facts.entry is None:
        return Latency(Constant(ms), Origin.BODY, source)
    catalog = source.startswith("catalog")
    origin = Origin.CATALOG if catalog else Origin.DECLARED
    return Latency(spread(ms, facts.latency_p95), origin, source)
