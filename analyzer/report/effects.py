"""``--show-effects``: everything that is known of the calls on one line, and who says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..chains import Chains
from ..effects.facts import CallFacts
from ..effects.model import MEMORY, Effect, Resource, describe
from ..effects.roots import Origin
from ..effects.selector import Memory
from ..effects.summary import Summary
from ..engine import Analysis
from ..findings import milliseconds
from ..hops import Chain, Hop
from ..ir import Call, Span
from ..latency import latency_of
from ..spans import line_text
from ..unlocking import declarable
from .jsonform import dump, end_location, location
from .paint import Paint
from .summary import declaration


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is known of a call, and the way to what it rests on."""

    text: str
    chain: Chain = ()  # of two links or more: one says no more than the source
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """One call on the line: effects, other claims, its properties in a few words, and the
    declaration that would make it known."""

    name: str
    span: Span
    effects: tuple[Claim, ...]
    claims: tuple[Claim, ...]
    properties: tuple[str, ...]
    declaration: str = ""


def effects_at(
    analysis: Analysis, line: int, chains: Chains, in_pyproject: bool = True
) -> list[Known]:
    """The calls that stand on a line, in source order."""
    calls = [c for c in analysis.module.calls.values() if c.span.line <= line <= c.span.end_line]
    calls.sort(key=lambda c: (c.span.start, c.id))
    return [_known(analysis, c, chains, in_pyproject) for c in calls]


def lines_with_calls(analysis: Analysis) -> list[int]:
    return sorted({c.span.line for c in analysis.module.calls.values()})


def _known(analysis: Analysis, call: Call, chains: Chains, in_pyproject: bool) -> Known:
    facts = analysis.inference.facts(call)
    properties = tuple(_properties(call, facts))
    if facts.everything:
        unknown = chains.unknown(call)
        claim = _claim("everything", unknown.chain, facts.everything)
        named = unknown.declare if declarable(unknown.declare) else facts.name
        text = declaration(named, in_pyproject) if declarable(named) else ""
        return Known(facts.name, call.span, (claim,), (), properties, text)
    effects = tuple(
        _claim(str(e), chains.effect(call, e), e.source, _handle(analysis, e))
        for e in facts.effects
    ) or (Claim("no effects", (), facts.origin),)
    return Known(facts.name, call.span, effects, tuple(_claims(call, facts, chains)), properties)


def _claim(text: str, chain: Chain, source: str, note: str = "") -> Claim:
    return Claim(text, chain if len(chain) > 1 else (), source, note)


def _handle(analysis: Analysis, effect: Effect) -> str:
    """What kind of handle an effect is on, or ""."""
    selector = effect.resource.selector
    kind = selector.type if isinstance(selector, Memory) else ""
    info = analysis.inference.resolver.type_info(kind) if kind else None
    if info is None or not info.handle:
        return ""
    return f"{kind}: {'safe to share' if info.concurrency == 'safe' else 'one call at a time'}"


def _properties(call: Call, facts: CallFacts) -> Iterator[str]:
    yield "awaited" if call.awaited else "not awaited"
    if facts.everything:
        return
    yield "may raise" if facts.raises else "never raises"
    if facts.pure:
        yield "pure"
    if facts.affine:
        yield "must stay in its task"
    if facts.handles:
        yield "one call at a time on its handle"
    if facts.cancel_unsafe:
        yield "must not be cancelled half-way"
    if facts.speculative:
        yield "may run in vain (declared)"
    blocks = facts.threads and not call.awaited
    if blocks:
        yield "threads may make it beside others"
    if call.awaited or blocks:
        ms, source = latency_of(facts)
        yield f"{milliseconds(ms)} ({source})" if ms else "never waits"
    if facts.assumes:
        yield f"assumes: {facts.assumes}"


def _claims(call: Call, facts: CallFacts, chains: Chains) -> Iterator[Claim]:
    """What is known beside the effects of a call of the project's own functions."""
    summary = chains.summary(call)
    if summary is None:
        return
    if facts.raises:
        yield Claim("may raise", chains.raises(call))
    if call.awaited and facts.latency_ms:
        yield Claim("waits longest for", chains.waits(call))
    if facts.affine:
        yield Claim("must stay in its task", chains.affine(call))
    for handle in dict.fromkeys(facts.handles):
        yield Claim(f"uses {describe(handle)} alone", chains.handle(call, handle))
    for lock in facts.locking.locks:
        way = chains.lock(call, lock.resource)
        yield Claim(f"takes {describe(lock.resource)}", way)
    if facts.locking.nested:
        yield Claim(facts.locking.nested)
    for hop in chains.opened(call):
        yield Claim(f"opens and closes a `{hop.name}`", (Hop(hop.filename, hop.line),))
    yield Claim(f"result: {_result(facts, summary)}")
    for words in filter(None, facts.assumes.split("; ")):
        yield Claim(f"assumes: {words}", chains.assumes(call, words))


def _result(facts: CallFacts, summary: Summary) -> str:
    """What the result is, in the words of the callee."""
    if facts.returns == "immutable":
        return "immutable"
    found = [] if not summary.makes and summary.result else ["new"]
    found += [f"part of {words}" for words in _origins(summary.result)]
    words = " or ".join(found)
    held = _origins(summary.held)
    if held:
        words += f", leading to {', '.join(held)}"
    return words


def _origins(origins: frozenset[Origin]) -> list[str]:
    return sorted({_origin(origin) for origin in origins})


def _origin(origin: Origin) -> str:
    if origin.root == "?":
        return "anything"
    memory = Memory(origin.root.strip("<>"), origin.steps)
    return f"{describe(Resource(MEMORY, memory))}{' or below' if origin.below else ''}"


# -------------------------------------------------------------------------------------------- text


def effects_text(filename: str, found: Sequence[Known], paint: Paint) -> str:
    lines: list[str] = []
    for call in found:
        place = paint.place(f"{filename}:{call.span.place}")
        lines.append(f"{place}: {paint.name(f'`{call.name}`')}  {', '.join(call.properties)}")
        grouped: dict[str, list[Claim]] = {}
        for claim in (*call.effects, *call.claims):
            grouped.setdefault(claim.text, []).append(claim)
        wide = max((len(t) for t, found in grouped.items() if _beside(found[0], paint)), default=0)
        for text, claims in grouped.items():
            beside = _beside(claims[0], paint)
            lines.append(f"    {text.ljust(wide)}  {beside}" if beside else f"    {text}")
            below = dict.fromkeys(c.chain for c in claims if c.chain)
            lines += [f"        {_chain_text(chain, paint)}" for chain in below]
        if call.declaration:
            lines.append("    to make it known, declare what it does:")
            lines += [f"        {line}" for line in call.declaration.splitlines()]
    return "\n".join(lines)


def _beside(claim: Claim, paint: Paint) -> str:
    """What is said behind a claim, on its line: a note, and its source if there is no chain."""
    note = f"[{claim.note}]" if claim.note else ""
    source = paint.dim(f"({claim.source})") if claim.source and not claim.chain else ""
    return " ".join(filter(None, (note, source)))


def _chain_text(chain: Chain, paint: Paint) -> str:
    return paint.dim(" → ").join(_hop(hop, paint) for hop in chain)


def _hop(hop: Hop, paint: Paint) -> str:
    name = f" {paint.name(f'`{hop.name}`')}" if hop.name else ""
    words = f" {paint.dim(f'({hop.words})')}" if hop.words else ""
    return f"{hop.filename}:{line_text(hop.cell, hop.line)}{name}{words}"


# -------------------------------------------------------------------------------------------- json


def effects_json(found: Sequence[Known]) -> str:
    return dump(
        [
            {
                "callee": call.name,
                "cell": call.span.cell or None,
                "location": location(call.span),
                "end_location": end_location(call.span),
                "effects": [
                    {"effect": c.text, "source": c.source, "chain": _chain(c.chain)}
                    for c in call.effects
                ],
                "claims": [{"claim": c.text, "chain": _chain(c.chain)} for c in call.claims],
                "properties": list(call.properties),
                "declaration": call.declaration or None,
            }
            for call in found
        ]
    )


def _chain(chain: Chain) -> list[dict[str, object]]:
    return [
        {
            "filename": h.filename,
            "cell": h.cell or None,
            "row": h.line,
            "name": h.name or None,
            "words": h.words or None,
        }
        for h in chain
    ]
