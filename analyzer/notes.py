"""Notes: the calls that stay behind an earlier one, and the edge that holds each there."""

from __future__ import annotations

from .block_notes import Note
from .blocks import Plan
from .chain_notes import ChainNote, chain_notes
from .chains import Chains, chains_of
from .edges import EdgeKind
from .engine import Analysis, Blocked
from .findings import THREADED
from .ir import Call
from .kept import Held, held_by
from .latency import latency_of
from .turn_plans import LoopNote


def blocked_of(analysis: Analysis) -> tuple[Blocked, ...]:
    """All notes of a file, in source order."""
    chains = chains_of(analysis.inference, "")
    found: list[Blocked] = []
    # What a turn awaits as one is no batch that is missed.
    started = {id(m.statement) for loop in analysis.planner.loops if loop.chain is not None
               for m in loop.members}  # fmt: skip
    for plan in analysis.plans:
        notes = [note for note in plan.notes if id(note.statement) not in started]
        as_chain = () if started & set(map(id, plan.site.block.statements)) else tuple(
            note for note in chain_notes(analysis.planner, plan)
            if not any(note.edge.kind is n.edge.kind and n.edge.words in note.edge.words
                       for n in notes)
        )  # fmt: skip
        begins = {id(note.statement) for note in as_chain}
        found.extend(
            _blocked(analysis, plan, note, chains) for note in notes
            if note.edge.kind is not EdgeKind.GAIN or id(note.statement) not in begins
        )  # fmt: skip
        found.extend(_as_chain(analysis, plan, note) for note in as_chain)
    found.extend(_loop(analysis, note) for note in analysis.planner.loop_notes)
    for plan in analysis.planner.threads:
        found.extend(_threaded(analysis, plan, note) for note in plan.notes)
    return tuple(sorted(found, key=lambda b: b.span.start))


def _blocked(analysis: Analysis, plan: Plan, note: Note, chains: Chains) -> Blocked:
    one = note.statement is note.earlier
    a = sum(_wait(analysis, c) for c in analysis.planner.footprints.of(note.earlier).calls)
    b = sum(_wait(analysis, c) for c in analysis.planner.footprints.of(note.statement).calls)
    if one:  # the longest call, beside the others
        b = max(_wait(analysis, c) for c in analysis.planner.footprints.of(note.statement).calls)
        a -= b
    held = _held(analysis, note, chains)
    return Blocked(
        code="PX105" if one else "PX101",
        name=note.name,
        span=(note.call and note.call.await_span) or note.statement.span,
        earlier=note.earlier.span,
        kind=note.edge.kind.value,
        words=f"{note.edge.words}: {held.words('')}" if held.kept else note.edge.words,
        function=plan.site.function.qualname,
        unknown=note.edge.call,
        unknown_line=note.edge.line,
        undeclared=_undeclared(analysis, note),
        sequential_ms=a + b,
        parallel_ms=max(a, b),
        benign=held.benign,
    )


def _as_chain(analysis: Analysis, plan: Plan, note: ChainNote) -> Blocked:
    """Calls that would gain something as a chain, and are none."""
    call = note.call.call
    return Blocked(
        code="PX106",
        name=analysis.inference.facts(call).name,
        span=call.await_span or call.span,
        earlier=note.earlier.span,
        kind=note.edge.kind.value,
        words=note.edge.words,
        function=plan.site.function.qualname,
        unknown=note.edge.call,
        unknown_line=note.edge.line,
        undeclared=((note.edge.call, note.edge.line),) if note.edge.call else (),
        sequential_ms=note.sequential_ms,
        parallel_ms=note.parallel_ms,
    )


def _threaded(analysis: Analysis, plan: Plan, note: Note) -> Blocked:
    """A blocking call that stays behind an earlier one."""
    assert note.call is not None
    before = analysis.planner.footprints.of(note.earlier).calls
    a = max((plan.waits.get(call.id, 0.0) for call in before), default=0.0)
    b = plan.waits.get(note.call.id, 0.0)
    return Blocked(
        code=THREADED,
        name=note.name,
        span=note.call.span,
        earlier=note.earlier.span,
        kind=note.edge.kind.value,
        words=note.edge.words,
        function=plan.site.function.qualname,
        unknown=note.edge.call,
        unknown_line=note.edge.line,
        undeclared=((note.edge.call, note.edge.line),) if note.edge.call else (),
        sequential_ms=a + b,
        parallel_ms=max(a, b),
    )


def _loop(analysis: Analysis, note: LoopNote) -> Blocked:
    """A loop that is left as it is: its calls stay behind what a turn before them does."""
    calls = analysis.planner.footprints.of(note.statement).calls
    waits = max((_wait(analysis, c) for c in calls), default=0.0)
    if note.code == THREADED and note.call is not None:
        waits = analysis.planner.sites.threads.waits(analysis.inference, note.call)
    return Blocked(
        code=note.code,
        name=note.name,
        span=note.statement.span,
        earlier=note.statement.span,
        kind=note.edge.kind.value,
        words=note.edge.words,
        function=note.site.function.qualname,
        unknown=note.edge.call,
        unknown_line=note.edge.line,
        undeclared=((note.edge.call, note.edge.line),) if note.edge.call else (),
        sequential_ms=analysis.inference.config.assume_iterations * waits,
        parallel_ms=waits,
    )


def _held(analysis: Analysis, note: Note, chains: Chains) -> Held:
    """The state that functions keep, if that is why the call stays."""
    footprints = analysis.planner.footprints
    calls = footprints.of(note.statement).calls
    facts = analysis.inference.facts
    later = next((c for c in calls if c.awaited and facts(c).name == note.name), None)
    if later is None:
        return Held()
    return held_by(chains, footprints, note.edge.kind, note.earlier, later)


def _undeclared(analysis: Analysis, note: Note) -> tuple[tuple[str, int], ...]:
    """Unknown calls that would have to be declared for the two calls of a note to run together."""
    if note.edge.kind is not EdgeKind.UNKNOWN:
        return ()
    found = {(note.edge.call, note.edge.line): None} if note.edge.call else {}
    for statement in (note.earlier, note.statement):
        for call in analysis.planner.footprints.of(statement).calls:
            facts = analysis.inference.facts(call)
            if facts.everything and not facts.known:
                found[facts.name, call.span.line] = None
    return tuple(sorted(found, key=lambda item: item[1]))


def _wait(analysis: Analysis, call: Call) -> float:
    return latency_of(analysis.inference.facts(call))[0] if call.awaited else 0.0
