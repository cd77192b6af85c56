"""``--show-effects``: everything that is known of the calls on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..effects.facts import CallFacts
from ..engine import Analysis, Fact, milliseconds
from ..ir import Call, Span
from ..latency import latency_of
from .jsonform import dump, end_location, location
from .paint import Paint


@dataclass(frozen=True, slots=True)
class Known:
    """One call on the line: effects with their sources, and its other properties in words."""

    name: str
    span: Span
    effects: tuple[Fact, ...]
    properties: tuple[str, ...]


def effects_at(analysis: Analysis, line: int) -> list[Known]:
    """The calls that stand on a line, in source order."""
    calls = [c for c in analysis.module.calls.values() if c.span.line <= line <= c.span.end_line]
    return [_known(analysis, c) for c in sorted(calls, key=lambda c: (c.span.start, c.id))]


def _known(analysis: Analysis, call: Call) -> Known:
    facts = analysis.inference.facts(call)
    if facts.everything:
        effects: tuple[Fact, ...] = (Fact("everything", facts.everything),)
    else:
        effects = tuple(Fact(str(e), e.source) for e in facts.effects)
        effects = effects or (Fact("no effects", facts.origin),)
    return Known(facts.name, call.span, effects, tuple(_properties(call, facts)))


def _properties(call: Call, facts: CallFacts) -> list[str]:
    found = ["awaited" if call.awaited else "not awaited"]
    if facts.everything:
        return found
    found.append("may raise" if facts.raises else "never raises")
    if facts.pure:
        found.append("pure")
    if facts.affine:
        found.append("must stay in its task")
    if facts.handles:
        found.append("one call at a time on its handle")
    if facts.cancel_unsafe:
        found.append("must not be cancelled half-way")
    if facts.speculative:
        found.append("may run in vain (declared)")
    if call.awaited:
        ms, source = latency_of(facts)
        found.append(f"{milliseconds(ms)} ({source})")
    if facts.assumes:
        found.append(f"assumes: {facts.assumes}")
    return found


def effects_text(filename: str, found: Sequence[Known], paint: Paint) -> str:
    lines: list[str] = []
    for call in found:
        place = paint.place(f"{filename}:{call.span.line}:{call.span.column}")
        lines.append(f"{place}: {paint.name(f'`{call.name}`')}  {', '.join(call.properties)}")
        wide = max(len(fact.text) for fact in call.effects)
        for fact in call.effects:
            source = f"  {paint.dim(f'({fact.source})')}" if fact.source else ""
            lines.append(f"    {fact.text.ljust(wide) if source else fact.text}{source}")
    return "\n".join(lines)


def effects_json(found: Sequence[Known]) -> str:
    return dump(
        [
            {
                "callee": call.name,
                "location": location(call.span),
                "end_location": end_location(call.span),
                "effects": [{"effect": f.text, "source": f.source} for f in call.effects],
                "properties": list(call.properties),
            }
            for call in found
        ]
    )
