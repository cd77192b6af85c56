"""Dependence edges (contract §3): what keeps a later call behind an earlier statement, and why."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .effects.inference import CallFacts, Inference
from .effects.model import MEMORY, Effect, conflicts, describe
from .effects.selector import Name
from .footprint import Footprint, Footprints, visible_writes
from .ir import (
    AwaitValue,
    Call,
    Control,
    Define,
    Enter,
    Event,
    Function,
    Invoke,
    Iterate,
    Mutate,
    Operate,
    Place,
    Risk,
    Statement,
    Store,
    Use,
    Value,
)

#: An `assert` is not there under ``python -O``; a def's header belongs to the def.
_NO_MEMBER = frozenset({"Assert", "FunctionDef", "ClassDef"})


#: Clocks that exist to measure with: their values are differences, whatever is done with them.
_MEASURING = frozenset({"perf_counter", "monotonic", "process_time", "thread_time"})


class EdgeKind(StrEnum):
    FLOW = "flow"
    ANTI = "anti"
    OUTPUT = "output"
    EFFECT = "effect"
    UNKNOWN = "unknown"
    EXCLUSIVE = "exclusive"
    AFFINE = "affine"
    CLOCK = "clock"
    SLEEP = "sleep"
    CONTROL = "control"
    FAILURE = "failure"
    FRAMEWORK = "framework"
    GAIN = "gain"  # no edge: running them together would not be worth it
    MANAGER = "manager"  # control: inside a `with` of which too little is known


@dataclass(frozen=True, slots=True)
class Edge:
    """``words`` complete the sentence "… is not run together with … because …"."""

    kind: EdgeKind
    words: str
    line: int
    call: str = ""  # qualified name of the unknown call behind an `unknown` edge
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A call that could start early: ``statement`` is its place, ``before`` what the statement
    evaluates ahead of it, ``risks`` what may raise when its callee and arguments are evaluated."""

    index: int
    statement: Statement
    call: Call
    facts: CallFacts
    footprint: Footprint
    before: Footprint
    after: Footprint
    risks: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What can see a function's memory after a failure."""

    seen: frozenset[str]
    everything_seen: bool
    ends: bool = False  # a failure here ends the program, and only its traceback tells
    unsafe: bool = False  # level on-success: writes may start before earlier calls succeeded


def member_of(
    index: int, statement: Statement, footprints: Footprints, bound: Container[str]
) -> tuple[Member | None, Edge | None]:
    """The statement's awaited call as a member, or the reason why it cannot start early.

    (None, None) when the statement awaits nothing, or several things.
    """
    awaited = [
        (i, e.call)
        for i, e in enumerate(statement.events)
        if isinstance(e, Invoke) and e.call.awaited
    ]
    if len(awaited) != 1 or statement.blocks or statement.kind in _NO_MEMBER:
        return None, None
    position, call = awaited[0]
    line = statement.span.line
    inference = footprints.inference
    facts = inference.facts(call)
    if facts.affine:
        return None, Edge(EdgeKind.AFFINE, f"`{facts.name}` must stay in its task", line)
    if facts.everything:
        unknown = "" if facts.known else facts.name
        return None, Edge(EdgeKind.UNKNOWN, facts.everything, line, unknown)
    if call.guarded:
        return None, Edge(EdgeKind.CONTROL, f"`{facts.name}` may not run at all", line)
    if call.commented:
        return None, Edge(EdgeKind.CONTROL, "a comment stands between `await` and its call", line)
    acting = _acting(call, inference)
    if acting:
        return None, Edge(EdgeKind.UNKNOWN, f"its arguments {acting}", line)
    footprint = footprints.of_call(call)
    if footprint.everything:
        words = f"evaluating its arguments: {footprint.everything}"
        return None, Edge(EdgeKind.UNKNOWN, words, line, footprint.everything_call)
    before = statement.events[: position - len(call.setup)]
    return (
        Member(
            index=index,
            statement=statement,
            call=call,
            facts=facts,
            footprint=footprint,
            before=footprints.of_events(before),
            after=footprints.of_events(statement.events[position + 1 :]),
            risks=risks_of(call.setup, footprints, bound),
        ),
        None,
    )


def _acting(call: Call, inference: Inference) -> str:
    """Evaluating the arguments must not act: no call that is not pure, no await (contract §4)."""
    for event in call.setup:
        if isinstance(event, Invoke):
            facts = inference.facts(event.call)
            outer = inference.facts(call).entry
            made = facts.entry is not None and facts.entry.is_async and not event.call.awaited
            if made and outer is not None and outer.transparent and outer.params:
                continue  # a coroutine that `wait_for` runs: making it does nothing yet
            if not facts.pure:
                return f"call `{facts.name}`, which is not known to be pure"
            if event.call.awaited:
                return "await"
        elif isinstance(event, (Define, Store, Mutate, AwaitValue, Control, Enter)):
            return "bind or change something"
        elif isinstance(event, Iterate) and not inference.iterable(event.value):
            return "iterate something that could be a generator"
    return ""


def risks_of(
    events: Sequence[Event], footprints: Footprints, bound: Container[str]
) -> tuple[Event, ...]:
    """The events that may raise, unbound local names included."""
    found: list[Event] = []
    for event in events:
        if isinstance(event, Use) and event.risk is Risk.NAME:
            if not footprints.certain(event.place.symbol, bound):
                found.append(event)
        elif footprints.may_raise(event):
            found.append(event)
    return tuple(found)


def blocking(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    """The first reason why ``later``'s call must not start before ``statement`` has run."""
    for find in FINDERS:
        edge = find(statement, earlier, later, around, footprints)
        if edge is not None:
            return edge
    return None


def _name(later: Member) -> str:
    return later.facts.name


def _control(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    if not earlier.controls:
        return None
    word = earlier.controls[0]
    if word == "await":
        words = f"line {statement.span.line} awaits something that is not a call"
        return Edge(EdgeKind.CONTROL, words, statement.span.line)
    leaves = word in ("return", "raise", "break", "continue", "assert", "yield")
    how = f"`{word}` may leave the block before" if leaves else f"`{word}` stands before"
    return Edge(EdgeKind.CONTROL, f"line {statement.span.line}: {how} `{_name(later)}`",
                statement.span.line)  # fmt: skip


def _unknown(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    if not earlier.everything:
        return None
    line = statement.span.line
    return Edge(EdgeKind.UNKNOWN, f"line {line}: {earlier.everything}", line,
                earlier.everything_call)  # fmt: skip


def _affine(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    if not earlier.affine:
        return None
    line = statement.span.line
    return Edge(EdgeKind.AFFINE, f"line {line}: `{earlier.affine}` must stay in its task", line)


def _time(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    free = footprints.config.timestamps == "free"
    for domain, kind in (("clock", EdgeKind.CLOCK), ("sleep", EdgeKind.SLEEP)):
        own = any(e.resource.domain == domain for e in later.footprint.effects)
        other = any(e.resource.domain == domain for e in earlier.effects)
        if domain == "clock" and free and other and not own and _only_stored(statement, footprints):
            continue
        if own or other:
            line = statement.span.line
            words = {
                ("clock", True): f"`{_name(later)}` reads the clock",
                ("clock", False): f"line {line} reads the clock",
                ("sleep", True): f"`{_name(later)}` sleeps",
                ("sleep", False): f"line {line} sleeps, and a pause is there on purpose",
            }[domain, own]
            return Edge(kind, words, line)
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
            elif isinstance(event, (Define, Store)) and event.value.place == Place(symbol):
                return False
            elif isinstance(event, Invoke) and any(
                a.value.place is not None and a.value.place.symbol == symbol
                for a in event.call.arguments
            ):
                return False
    return True


def _exclusive(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    from .effects.model import overlap
    from .effects.selector import Overlap

    for mine in later.facts.handles:
        for other in earlier.handles:
            if overlap(mine, other) is not Overlap.NEVER:
                line = statement.span.line
                return Edge(
                    EdgeKind.EXCLUSIVE,
                    f"line {line} and `{_name(later)}` use {describe(mine)}, "
                    "of which only one call may run at a time",
                    line,
                    resource=describe(mine),
                )
    return None


def _conflict(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    found = conflict_of(earlier.effects, later.footprint.effects, footprints)
    return None if found is None else _conflict_edge(statement, *found, later)


def conflict_of(
    first: Sequence[Effect], second: Sequence[Effect], footprints: Footprints
) -> tuple[Effect, Effect] | None:
    """A pair of conflicting effects; the one that says most: the world, then names, then content."""
    same_world = footprints.config.same_world
    best: tuple[int, Effect, Effect] | None = None
    for other in first:
        for effect in second:
            if (other.writes or effect.writes) and conflicts(other, effect, same_world):
                rank = _rank(other, effect)
                if best is None or rank < best[0]:
                    best = (rank, other, effect)
    return None if best is None else best[1:]


def _rank(other: Effect, mine: Effect) -> int:
    if other.resource.domain != MEMORY:
        return 0
    if isinstance(mine.resource.selector, Name):
        return 1
    steps = getattr(mine.resource.selector, "steps", ())
    return (2 if other.writes and mine.writes else 3) + len(steps)


def _conflict_edge(statement: Statement, other: Effect, mine: Effect, later: Member) -> Edge:
    line = statement.span.line
    name = _name(later)
    if other.resource.domain == MEMORY and mine.resource.domain == MEMORY:
        kind = {(True, False): EdgeKind.FLOW, (False, True): EdgeKind.ANTI}.get(
            (other.writes, mine.writes), EdgeKind.OUTPUT
        )
        what = describe(other.resource)
        mine_what = describe(mine.resource)
        if kind is EdgeKind.FLOW:
            verb = "binds" if isinstance(other.resource.selector, Name) else "may change"
            seen = what if what == mine_what else f"{mine_what}, which may be {what}"
            words = f"`{name}` uses {seen}; line {line} {verb} it"
        elif kind is EdgeKind.ANTI:
            words = f"line {line} uses {what}, which `{name}` changes"
        else:
            words = f"line {line} and `{name}` both change {what}"
        return Edge(kind, words, line, resource=what)
    did = "writes" if other.writes else "reads"
    does = "writes" if mine.writes else "reads"
    words = f"line {line} {did} {describe(other.resource)}, and `{name}` {does} " \
            f"{describe(mine.resource)}"  # fmt: skip
    return Edge(EdgeKind.EFFECT, words, line, resource=describe(mine.resource))


def _failure(
    statement: Statement,
    earlier: Footprint,
    later: Member,
    around: Surroundings,
    footprints: Footprints,
) -> Edge | None:
    if not earlier.raises:
        return None
    line = statement.span.line
    name = _name(later)
    reason = not_speculatable(later.facts, unsafe=around.unsafe)
    if reason:
        return Edge(EdgeKind.FAILURE, f"`{name}` {reason}, and line {line} may fail first", line)
    return None


def not_speculatable(facts: CallFacts, *, unsafe: bool) -> str:
    """Why running the call in vain could be noticed, or "" (contract §3, *Speculatable*)."""
    if facts.opens and not facts.speculative:
        return f"returns an open {facts.opens}, which a failing run would leave open"
    if facts.cancel_unsafe:
        return "may leave its handle one answer behind when it is cancelled"
    if unsafe or facts.speculative:
        return ""
    for effect in facts.writes:
        if effect.resource.domain not in ("log", "random"):
            return f"writes {describe(effect.resource)}"
    return ""


FINDERS = (_control, _affine, _unknown, _time, _exclusive, _conflict, _failure)


def early_raise(
    statement: Statement, earlier: Footprint, later: Member, around: Surroundings
) -> Edge | None:
    """An edge if ``later``'s arguments may raise and ``statement`` does what a failing run shows.

    Contract §4: arguments that may raise are evaluated early only in a batch of reads.
    """
    if not later.risks:
        return None
    line = statement.span.line
    visible = visible_writes(earlier, around.seen, around.everything_seen)
    if not visible and not around.ends and earlier.own_risk:
        # Two errors of the program itself stay in their order; only the failure of an awaited
        # read may come later than such an error (contract §4).
        words = (
            f"the arguments of `{_name(later)}` may raise, and so may line {line}, which is first"
        )
        return Edge(EdgeKind.FAILURE, words, line)
    if not visible:
        return None
    what = describe(visible[0].resource)
    words = f"the arguments of `{_name(later)}` may raise, and line {line} writes {what} before"
    return Edge(EdgeKind.FAILURE, words, line)


def risk_key(event: Event) -> object:
    """Equal keys: evaluating the second after the first has succeeded cannot raise."""
    if isinstance(event, Use):
        return ("use", event.place)
    if isinstance(event, Operate):
        if all(v.place is not None or v.is_literal for v in event.values):
            return ("operate", event.risk,
                    tuple((v.place, str(v.literal)) for v in event.values))  # fmt: skip
    return event


def ahead(statement: Statement) -> Iterator[Event]:
    """What a statement evaluates before it does anything: events ahead of its first action."""
    for event in statement.events:
        if isinstance(event, Invoke) or event.guarded:
            return
        yield event


def nameable(member: Member | None, footprint: Footprint) -> bool:
    """Can all that may raise in a first statement, its call aside, be evaluated ahead of it?"""
    return (
        member is not None
        and not footprint.everything
        and not member.before.own_risk
        and not member.after.own_risk
        and not any(a.star for a in member.call.arguments)
    )


def shown(
    statements: Sequence[Statement], first: int, footprints: Footprints, *, own: bool = True
) -> set[object]:
    """Keys of what cannot raise when it is evaluated just before statement ``first``.

    What that statement would evaluate at once itself (``own``), and what the statements before it
    have evaluated already, as far back as nothing was changed in place and nothing unknown done.
    """
    keys = {risk_key(e) for e in ahead(statements[first])} if own else set[object]()
    aliases = footprints.inference.aliases
    for i in range(first - 1, max(-1, first - 8), -1):
        earlier = footprints.of(statements[i])
        changed = any(
            e.writes and e.resource.domain == MEMORY and not isinstance(e.resource.selector, Name)
            for e in earlier.effects
        )
        if earlier.everything or earlier.controls or changed:
            break
        for event in statements[i].events:
            if not event.guarded and isinstance(event, (Use, Operate)):
                places = (
                    [event.place] if isinstance(event, Use) else [v.place for v in event.values]
                )
                if all(p is None or aliases.stable(p.symbol) for p in places):
                    keys.add(risk_key(event))
    return keys


__all__ = [
    "Edge",
    "EdgeKind",
    "Function",
    "Member",
    "Surroundings",
    "ahead",
    "blocking",
    "member_of",
    "nameable",
    "shown",
]
