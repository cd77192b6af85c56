"""Clock reads and pauses: barriers of their own kinds (contract §2)."""

from __future__ import annotations

from .edges import Edge, EdgeKind, Pair
from .effects.templates import SEEDED
from .footprint import Footprints
from .ir import (
    Call,
    Define,
    Invoke,
    Operate,
    Place,
    Risk,
    Statement,
    Store,
    Use,
    Value,
)
from .latency import latency_of
from .members import makes_awaitable

#: A blocking call of this many milliseconds is taken to be near the deadlines that clients set.
_HOLDS_UP_MS = 50.0
_INSTANT = frozenset({SEEDED, "time"})  # domains of this tool's own, which have no latency
#: Clocks that exist to measure with: their values are differences, whatever is done with them.
_MEASURING = frozenset({"perf_counter", "monotonic", "process_time", "thread_time"})


def time_edge(pair: Pair) -> Edge | None:
    free = pair.footprints.config.timestamps == "free"
    for domain, kind in (("clock", EdgeKind.CLOCK), ("sleep", EdgeKind.SLEEP)):
        own = any(e.resource.domain == domain for e in pair.later.footprint.effects)
        other = any(e.resource.domain == domain for e in pair.earlier.effects)
        if (
            domain == "clock"
            and free
            and other
            and not own
            and _only_stored(pair.statement, pair.footprints)
        ):
            continue
        if own or other:
            line = pair.statement.span.line
            words = {
                ("clock", True): f"`{pair.later.facts.name}` reads the clock",
                ("clock", False): f"line {line} reads the clock",
                ("sleep", True): f"`{pair.later.facts.name}` sleeps",
                ("sleep", False): f"line {line} sleeps, and a pause is there on purpose",
            }[domain, own]
            return Edge(kind, words, line)
    return None


def blocking_edge(pair: Pair) -> Edge | None:
    """An edge if the earlier statement holds up the event loop: what is in flight may time out.

    A deadline counts the time that the loop stands still, so that an answer which has come
    meanwhile is found too late (https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code).
    """
    for call in pair.earlier.calls:
        facts = pair.footprints.inference.facts(call)
        made = makes_awaitable(call, facts) or (facts.entry is not None and facts.entry.awaitable)
        waits = latency_of(facts)[0] if set(facts.domains) - _INSTANT else 0.0
        if call.awaited or made or waits < _HOLDS_UP_MS:
            continue
        line = call.span.line
        words = f"line {line} holds up the event loop (`{facts.name}`), and a call that is " \
                "under way could miss its deadline"  # fmt: skip
        return Edge(EdgeKind.SLEEP, words, line)
    return None


def _only_stored(statement: Statement, footprints: Footprints) -> bool:
    """Is each clock read of the statement formatted on the spot, or put into a container?"""
    for event in statement.events:
        if not isinstance(event, Invoke):
            continue
        facts = footprints.inference.facts(event.call)
        if not any(e.resource.domain == "clock" for e in facts.effects):
            continue
        if facts.name.rpartition(".")[2].removesuffix("_ns") in _MEASURING:
            return False
        symbol = event.call.symbol
        if statement.kind == "Assign" and statement.events[-1] == Define(
            (name := getattr(statement.events[-1], "symbol", "")), Value(place=Place(symbol))
        ):
            if not _name_only_stored(name, footprints):
                return False
            continue
        kept = False
        for other in statement.events:
            if isinstance(other, Operate) and any(
                v.place is not None and v.place.symbol == symbol for v in other.values
            ):
                if other.risk is not Risk.FORMAT:
                    return False
                kept = True
            elif isinstance(other, Store) and other.value.place is not None:
                kept = kept or other.value.place.symbol == symbol
            elif isinstance(other, (Define, Store)):
                held = [v.place.symbol for v in other.value.held if v.place is not None]
                kept = kept or (other.value.fresh and symbol in held)
            elif isinstance(other, Invoke) and other.call.receiver is not None:
                place = other.call.receiver.place
                formats = other.call.method in ("isoformat", "strftime", "ctime")
                kept = kept or (formats and place is not None and place.symbol == symbol)
        if not kept:
            return False
    return True


def _name_only_stored(symbol: str, footprints: Footprints) -> bool:
    """Is a once-bound name only formatted or put into containers, wherever it is used?"""
    if not footprints.inference.aliases.stable(symbol):
        return False
    for function in footprints.inference.module.functions:
        events = [e for s in function.block.statements for e in s.events]
        for i, event in enumerate(events):
            if isinstance(event, Use) and event.place.symbol == symbol and event.deep:
                after = events[i + 1] if i + 1 < len(events) else None
                if not (isinstance(after, Operate) and after.risk is Risk.FORMAT):
                    return False
            elif isinstance(event, (Define, Store)):
                if event.value.place == Place(symbol):
                    return False
            elif isinstance(event, Invoke) and _handed(event.call, symbol):
                return False
    return True


def _handed(call: Call, symbol: str) -> bool:
    places = [a.value.place for a in call.arguments]
    return any(p is not None and p.symbol == symbol for p in places)
