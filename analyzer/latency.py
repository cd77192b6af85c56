"""Where durations come from: declarations, entries, then the cited default of the domain."""

from __future__ import annotations

from .effects.catalog import default_latencies
from .effects.facts import CallFacts


def latency_of(facts: CallFacts) -> tuple[float, str]:
    """Milliseconds that one call waits, and the source of the figure."""
    if facts.latency_ms is not None:
        return facts.latency_ms, facts.origin
    table = default_latencies()
    known = [(table.get(d, table["other"]), d) for d in facts.domains]
    if known:
        ms, domain = max(known)
        return ms, f"default for {domain}"
    return table["other"], "default"
