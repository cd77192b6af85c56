"""Which awaited calls may start early, and what evaluating their arguments risks (contract §4)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from .aliases import Aliases
from .edges import Edge, EdgeKind, Member
from .effects.directives import parse_comment
from .effects.facts import CallFacts
from .effects.inference import Inference
from .effects.model import MEMORY
from .effects.selector import Name, SymKey
from .footprint import Footprint, Footprints
from .ir import (
    AwaitValue,
    Call,
    Control,
    Define,
    Enter,
    Event,
    Invoke,
    Iterate,
    Mutate,
    Operate,
    Place,
    Risk,
    Statement,
    Store,
    Use,
)

#: An `assert` is not there under ``python -O``; a def's header belongs to the def.
NO_MEMBER = frozenset({"Assert", "FunctionDef", "ClassDef"})


def member_of(
    index: int,
    statement: Statement,
    footprints: Footprints,
    bound: Container[str],
    *,
    inside: bool = False,
) -> tuple[Member | None, Edge | None]:
    """The statement's awaited call as a member, or the reason why it cannot start early.

    (None, None) when the statement awaits nothing, or several things. ``inside``: the call is made
    by a function of its own when that begins, and not before.
    """
    awaited = awaited_in(statement)
    if len(awaited) != 1:
        return None, None
    return member_at(index, statement, 0, awaited[0], footprints, bound, inside=inside)


def several_of(
    index: int, statement: Statement, footprints: Footprints, bound: Container[str]
) -> list[tuple[Member | None, Edge | None]]:
    """The same for each awaited call, in order, of a statement that awaits several."""
    awaited = awaited_in(statement)
    if len(awaited) < 2:
        return []
    return [
        member_at(index, statement, ordinal, place, footprints, bound)
        for ordinal, place in enumerate(awaited)
    ]


def awaited_in(statement: Statement) -> list[tuple[int, Call]]:
    """The awaited calls of a simple statement, and where among its events they are performed."""
    if statement.blocks or statement.kind in NO_MEMBER:
        return []
    return [
        (i, e.call)
        for i, e in enumerate(statement.events)
        if isinstance(e, Invoke) and e.call.awaited
    ]


def member_at(
    index: int,
    statement: Statement,
    ordinal: int,
    place: tuple[int, Call],
    footprints: Footprints,
    bound: Container[str],
    *,
    inside: bool = False,
    alone: bool | None = None,
) -> tuple[Member | None, Edge | None]:
    """The call at a place of a statement (see ``member_of``).

    ``alone``: it is the only such call of its statement (by default, that awaits).
    """
    position, call = place
    line = statement.span.line
    inference = footprints.inference
    facts = inference.facts(call)
    if facts.affine:
        return None, Edge(EdgeKind.AFFINE, f"`{facts.name}` must stay in its task", line)
    if facts.everything:
        unknown = "" if facts.known else facts.blamed
        return None, Edge(EdgeKind.UNKNOWN, facts.everything, line, unknown)
    if inference.callees.misfit(call):
        words = f"its arguments do not fit `{facts.name}`, so it raises where it stands"
        return None, Edge(EdgeKind.CONTROL, words, line)
    if call.guarded:
        return None, Edge(EdgeKind.CONTROL, f"`{facts.name}` may not run at all", line)
    if call.commented:
        return None, Edge(EdgeKind.CONTROL, "a comment stands between `await` and its call", line)
    alone = len(awaited_in(statement)) < 2 if alone is None else alone
    if _claimed_inside(call, statement, inference, alone=alone):
        words = f"a `# pexec:` comment speaks of `{facts.name}`, and would not go where it goes"
        return None, Edge(EdgeKind.CONTROL, words, line)
    begins = inside and facts.name == "asyncio.wait_for"  # which takes what it is given at once
    if facts.entry is not None and facts.entry.transparent and not begins:
        words = f"cancelled before it begins, `{facts.name}` leaves what it was given unawaited"
        return None, Edge(EdgeKind.CONTROL, words, line)
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
            ordinal=ordinal,
        ),
        None,
    )


def _claimed_inside(call: Call, statement: Statement, inference: Inference, *, alone: bool) -> bool:
    """Does a claim on a line of the call stand neither in it nor behind its statement?

    Behind a statement with several such calls it speaks of all of them on its line.
    """
    comments = inference.module.directives
    return any(
        not call.span.start <= comment.span.start < call.span.end
        and not (alone and comment.span.start >= statement.span.end)
        and parse_comment(comment.text, "")
        for line in {call.span.line, call.span.end_line}
        if (comment := comments.get(line)) is not None
    )


def _acting(call: Call, inference: Inference) -> str:
    """Evaluating the arguments must not act: no call that is not pure, no await (contract §4)."""
    for event in call.setup:
        if isinstance(event, Invoke):
            facts = inference.facts(event.call)
            outer = inference.facts(call).entry
            made = makes_awaitable(event.call, facts)
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
        elif isinstance(event, Invoke) and makes_awaitable(
            event.call, footprints.inference.facts(event.call)
        ):
            continue
        elif footprints.may_raise(event):
            found.append(event)
    return tuple(found)


def makes_awaitable(call: Call, facts: CallFacts) -> bool:
    """Does the call, not awaited itself, only make an awaitable? It acts when that is awaited.

    A declared tool whose call is handed to ``wait_for`` is taken to be a coroutine function, unless
    threads may make it.
    """
    entry = facts.entry
    return (
        not call.awaited
        and entry is not None
        and not entry.pure
        and (entry.is_async or not entry.threads)
        and (entry.is_async or not entry.origin.startswith("catalog"))
    )


def risk_key(event: Event) -> object:
    """Equal keys: evaluating the second after the first has succeeded cannot raise."""
    if isinstance(event, Use):
        return ("use", event.place)
    if isinstance(event, Operate) and all(v.place or v.is_literal for v in event.values):
        return ("operate", event.risk, tuple((v.place, str(v.literal)) for v in event.values))
    return event


def ahead(statement: Statement) -> Iterator[Event]:
    """What a statement evaluates before it does anything: events ahead of its first action."""
    for event in statement.events:
        if isinstance(event, Invoke) or event.guarded:
            return
        yield event


def _stable(place: Place, aliases: Aliases) -> bool:
    keys = [step.name for step in place.steps if isinstance(step, SymKey)]
    return all(aliases.stable(symbol) for symbol in (place.symbol, *keys))


def own_risk(
    statements: Sequence[Statement], i: int, footprints: Footprints, bound: Container[str]
) -> bool:
    """May statement ``i`` raise on its own, its awaited calls aside, in a way not shown before?"""
    known = shown(statements, i, footprints, own=False)
    events = [e for e in statements[i].events if not (isinstance(e, Invoke) and e.call.awaited)]
    return any(risk_key(e) not in known for e in risks_of(events, footprints, bound))


def nameable(member: Member | None, footprint: Footprint) -> bool:
    """Can all that may raise in a first statement, its call aside, be evaluated ahead of it?"""
    return (
        member is not None
        and not footprint.everything
        and not member.before.own_risk
        and not member.after.own_risk
        and not unnameable(member)
    )


def unnameable(member: Member) -> bool:
    """Do its arguments hold what cannot be evaluated ahead under a name?

    What ``*args`` hands over, or a coroutine, which would stay unawaited if another name failed.
    """
    entry = member.facts.entry
    wraps = entry is not None and entry.transparent
    return wraps or any(a.star for a in member.call.arguments)


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
        if earlier.everything or earlier.controls or changed or statements[i].blocks:
            break
        for event in statements[i].events:
            if not event.guarded and isinstance(event, (Use, Operate)):
                places = (
                    [event.place] if isinstance(event, Use) else [v.place for v in event.values]
                )
                if all(p is None or _stable(p, aliases) for p in places):
                    keys.add(risk_key(event))
    if footprints.companions:
        # Where these are not bound, neither is the name that is read: either way a NameError.
        keys |= {
            ("use", Place(other))
            for symbol in footprints.companions
            if ("use", Place(symbol)) in keys
            for other in footprints.companions[symbol]
        }
    return keys
