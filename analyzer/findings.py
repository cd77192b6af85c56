"""Planned regions → findings: what is told of them, and of the calls that they are made of."""

from __future__ import annotations

from collections.abc import Sequence

from .blocks import Plan
from .codes import Applicability
from .effects.facts import CallFacts
from .effects.inference import Inference
from .effects.model import MEMORY
from .engine import Analysis, CallSite, Fact, Finding, Fix
from .forms import Written, members_of
from .ir import Call
from .latency import latency_of
from .schedule import Region
from .suppressions import silencing

#: The code of blocking calls in threads.
THREADED = "PX102"


def finding(
    analysis: Analysis,
    plan: Plan,
    region: Region,
    written: Written,
    applicability: Applicability,
    fix: Fix | None,
) -> Finding:
    """The finding for one region."""
    calls = region_calls(analysis, plan, region)
    names = ", ".join(f"`{c.name}`" for c in calls)
    gain = region.sequential_ms - region.parallel_ms
    where = " in one statement" if region.first == region.last else ""
    beside = region.code == THREADED and plan.stays[region.first].awaited
    blocking = "calls, the later ones blocking," if beside else f"blocking calls{where}"
    message = (
        f"{len(calls)} independent calls are awaited one after the other{where}: {names}; "
        f"run together they would save about {milliseconds(gain)}"
    ) if region.code != THREADED else (
        f"{len(calls)} independent {blocking} wait for each other: {names}; "
        f"in threads (0.1 ms each to start) they would save about {milliseconds(gain)}"
    )  # fmt: skip
    if region.chains:
        message = _of_chains(analysis, plan, region, gain)
    assumptions = assumptions_of(analysis, calls_of(plan, region))
    return Finding(
        code=region.code,
        message=message,
        span=calls[0].span,
        calls=calls,
        function=plan.site.function.qualname,
        form=written.form.value,
        form_reason=written.reason,
        applicability=applicability,
        sequential_ms=region.sequential_ms,
        parallel_ms=region.parallel_ms,
        assumptions=assumptions,
        fix=fix,
        suppressed=suppressed(analysis, plan, region),
    )


def _of_chains(analysis: Analysis, plan: Plan, region: Region, gain: float) -> str:
    """What is said of chains: which calls follow each other, and that the others need not."""
    moved = {m.call.id for m in region.moved}
    in_chain = {m.call.id: n for n, c in enumerate(region.chains) for m in c.members}
    groups: dict[object, list[str]] = {}
    for call in calls_of(plan, region):
        key = in_chain.get(call.id, call if call.id in moved else None)
        groups.setdefault(key, []).append(f"`{analysis.inference.facts(call).name}`")
    shown = ", ".join(" → ".join(names) for names in groups.values())
    return (
        f"{len(groups)} independent chains of calls are awaited one after the other: {shown}; "
        f"run together they would save about {milliseconds(gain)}"
    )


def assumptions_of(analysis: Analysis, calls: Sequence[Call]) -> tuple[str, ...]:
    """What is taken for granted of calls that run together."""
    found: dict[str, None] = {}
    for call in calls:
        facts = analysis.inference.facts(call)
        if facts.assumes:
            found[facts.assumes] = None
        if facts.speculative:
            found[f"`{facts.name}` is declared speculative: it may run in vain"] = None
    return tuple(found)


def milliseconds(ms: float) -> str:
    """A duration for people: 340 ms, 1.2 s."""
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms"


def calls_of(plan: Plan, region: Region) -> list[Call]:
    """The calls that run together: those that stay in place beside the moved ones."""
    members = members_of(plan, region)
    if members is not None:
        return [m.call for m in members]
    if region.chains:
        prints = plan.footprints[region.first : region.last + 1]
        return [c for p in prints for c in p.calls if c.awaited]
    if region.code == THREADED:
        return [plan.stays[region.first], *(m.call for m in region.moved)]
    first = [c for c in plan.footprints[region.first].calls if c.awaited]
    return [*first[:1], *(m.call for m in region.moved)]


def region_calls(analysis: Analysis, plan: Plan, region: Region) -> tuple[CallSite, ...]:
    moved = {m.call.id for m in region.moved}
    return tuple(
        call_site(analysis.inference, call, early=call.id in moved, blocks=plan.waits.get(call.id))
        for call in calls_of(plan, region)
    )


def call_site(
    inference: Inference, call: Call, *, early: bool, blocks: float | None = None
) -> CallSite:
    """A call of a finding; ``blocks``: how long it blocks its thread, if it does."""
    facts = inference.facts(call)
    latency, origin = latency_of(facts)
    latency = latency if blocks is None else blocks
    span = call.await_span or call.span
    return CallSite(facts.name, span, effects_of(facts), latency, origin, early)


def effects_of(facts: CallFacts) -> tuple[Fact, ...]:
    """The effects on the world, or that there are none; memory is left out."""
    if facts.everything:
        return (Fact("everything", facts.everything),)
    world = [e for e in facts.effects if e.resource.domain != MEMORY]
    return tuple(Fact(str(e), e.source) for e in world) or (Fact("no effects", facts.origin),)


def lines_of(plan: Plan, region: Region) -> frozenset[int]:
    """The first and last lines of a region's calls, where a comment silences its finding."""
    spans = [call.await_span or call.span for call in calls_of(plan, region)]
    return frozenset(line for span in spans for line in (span.line, span.end_line))


def suppressed(analysis: Analysis, plan: Plan, region: Region) -> bool:
    """Is the finding of a region silenced?"""
    return bool(silencing(analysis.suppressions, lines_of(plan, region), region.code))
