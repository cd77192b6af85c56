"""Is a loop that was undone from the output allowed to start its calls ahead? (contract §5, §7)

Asked of the original's events, pair by pair, and without a plan: any two turns are taken to run in
any order, but for what the loop itself keeps in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from .canon import occurrences
from .dependence import meet, not_speculatable
from .effects.model import describe, overlap
from .effects.selector import Overlap
from .footprint import visible_writes
from .gathering import gathers
from .guards import kinds_of
from .ir import (
    AwaitValue,
    Call,
    Event,
    Invoke,
    Iterate,
    Place,
    Risk,
    Statement,
    Target,
    Turns,
    Use,
    Value,
)
from .sites import Site, Sites
from .telling import may_fail, told_apart, without_told
from .turn_calls import AWAITED, Ahead
from .turns import (
    count_of,
    grown,
    header_end,
    live,
    made_surely,
    misfit,
    of_another_turn,
    passing,
    symbols_of,
    undrained,
    varying,
)
from .undo_loops import Loop
from .validate_sieves import Turn, asked_ahead, looked_up, turn_of
from .validate_threads import moved_in_turns, turn_refusal
from .validate_turns import leaving, run_refusal, words_of


def loop_refusal(loop: Loop, site: Site | None, sites: Sites) -> str:
    """Why the loop must not be run like that, or ""."""
    if site is None or not (site.function.name or loop.threads):
        return "the loop does not stand in an async function"
    statement = site.block.statements[loop.index]
    turns, inference = statement.turns, sites.inference
    if turns is None or turns.asynchronous:
        return "only a plain `for` knows its turns ahead"
    reason = undrained(turns.value, inference) or misfit(turns.names, turns.value, inference)
    if reason:
        return reason
    if any(s in site.function.exposed or not s.startswith(f"{site.function.scope}:")
           for s in symbols_of(turns.names)):  # fmt: skip
        return "other functions see what the loop binds"
    if passing(turns.value, inference) and loop.bound and not loop.listed:
        return "what the loop goes through is used up before it"
    turn = turn_of(statement, site, sites, sieved=loop.sieved is not None)
    started = moved_in_turns(loop, site, sites, statement) if loop.threads else AWAITED
    inside = started.calls(e for s in turn.statements for e in s.events)
    if loop.run is not None:
        return (
            bounded(loop, turns, sites)
            or repeated(loop, statement.events[: header_end(statement)], sites)
            or run_refusal(loop, loop.run, turn, sites)
        )
    if len(inside) != 1:
        words = "which call is meant is not told" if loop.threads else "awaits more than one call"
        return f"line {statement.span.line}: a turn {words}"
    return (
        bounded(loop, turns, sites)
        or repeated(loop, statement.events[: header_end(statement)], sites)
        or scoped(loop, turns.names, inside[0], site, sites)
        or (
            asked_ahead(turn, _of_call(inside[0], turn), loop.sieved, sites)
            if loop.sieved is not None
            else ""
        )
        or _apart(loop, turn, inside[0], started, sites)
    )


def bounded(loop: Loop, turns: Turns, sites: Sites, *, several: bool = False) -> str:
    count = None if several else count_of(turns.value, sites.inference)
    most = sites.config.max_concurrency
    wide = loop.width if loop.width is not None else count
    return f"more than {most} calls at once" if wide is None or wide > most else ""


def repeated(loop: Loop, header: Sequence[Event], sites: Sites) -> str:
    """What is evaluated twice must be the same, and do nothing."""
    if loop.bound:
        return ""
    for event in header:
        pure = isinstance(event, (Use, Iterate)) or (
            isinstance(event, Invoke) and not event.call.awaited
            and sites.inference.facts(event.call).pure
        )  # fmt: skip
        if not pure:
            return "what the loop goes through is evaluated twice"
    return ""


def scoped(loop: Loop, names: Target, call: Call, site: Site, sites: Sites) -> str:
    """The names that the call reads mean the same where it is made now."""
    targets = {s.rpartition(":")[2] for s in symbols_of(names)}
    if loop.parameters is not None:
        for name in sorted(targets):
            if occurrences(loop.call, name) and name not in loop.parameters:
                return f"the call would read `{name}` of a later turn"
        if not set(loop.parameters) <= targets:
            return "the call is handed something that is no target of the loop"
    sure = loop.threads or made_surely(call, sites.inference)  # a thread binds the arguments
    if loop.parameters is None and not sure:
        return "making a call may raise before anything runs"
    bound = sites.bound_at(site, loop.index)
    for event in call.setup:
        named = isinstance(event, Use) and event.risk is Risk.NAME
        if isinstance(event, Use) and named:
            name = event.place.symbol.rpartition(":")[2]
            symbol = event.place.symbol
            inside = loop.parameters is not None  # evaluated in its own turn
            sure = sites.footprints.certain(symbol, bound) or (
                inside and sites.footprints.of_cells(symbol)
            )
            if name not in targets and not sure:
                return f"`{name}` may not be bound where the call is made"
        if loop.parameters is None and not named and sites.footprints.may_raise(event):
            return "an argument may raise before anything runs"
    if kinds_of(loop.call) & {"Lambda", "GeneratorExp", "NamedExpr", "Yield", "Await"}:
        return "an argument is evaluated later, or binds a name"
    if any(occurrences(loop.call, name) for name in ("super", "__class__")):
        return "`super` means something in a method only"
    return ""


def _apart(loop: Loop, turn: Turn, call: Call, started: Ahead, sites: Sites) -> str:
    """No two events of which the order is no longer kept may depend on each other."""
    statement, body, block = turn.loop, turn.body, turn.body.block
    forbidden = sites.forbidden(body)
    if forbidden is not None:
        return forbidden.words
    index = next(i for i, s in enumerate(block.statements) if _holds(s, call))
    around = block.statements[index]
    position = next(
        i for i, e in enumerate(around.events) if isinstance(e, Invoke) and e.call.id == call.id
    )
    awaited = around.events[position]
    assert isinstance(awaited, Invoke)
    tried = around.blocks[0].statements if around.kind == "Try" else ()
    stands = next((s for s in tried if any(e is awaited for e in s.events)), around)
    at = next(i for i, e in enumerate(stands.events) if e is awaited)
    if awaited.guarded or (stands.blocks and at >= stands.blocks[0].at):
        return f"the call of line {call.span.line} may not run in each turn"
    for s in tried:
        if s.span.end <= stands.span.start and "continue" in words_of(s):
            return "`continue` may end a turn before its call"
    plain = replace(stands, blocks=())
    bound = sites.bound_at(body, index)
    inside = loop.parameters is not None
    member, edge = started.member(index, plain, sites.footprints, bound, inside=inside)
    if member is None:
        return edge.words if edge is not None else "a turn awaits more than one call"
    if loop.threads and (reason := turn_refusal(loop, member, body, sites)):
        return reason
    own = {id(e) for e in (*awaited.call.setup, awaited)}
    rest = [e for s in turn.statements for e in s.events if id(e) not in own]
    if any(isinstance(e, AwaitValue) for e in rest):
        return "a turn awaits something that is not a call"
    leaves = [w for s in turn.statements for w in leaving(s, top=True)]
    if leaves:
        return f"`{leaves[0]}` may end the loop"
    for s in block.statements[:index]:
        if s is not turn.sieve and "continue" in words_of(s):
            return "`continue` may end a turn before its call"
    if gathers(sites.inference, call, {body.function.scope}):
        return "the call runs others together itself"
    assert statement.turns is not None
    events = [e for s in turn.statements for e in s.events]
    at = next(i for i, e in enumerate(events) if e is awaited)
    before = [e for e in events[:at] if id(e) not in own]
    binding = statement.events[header_end(statement) :]
    fails = may_fail(turn.statements, sites.footprints)
    kept = orders(statement.turns, binding, awaited, before, events[at + 1 :], sites, fails=fails)
    if kept or loop.form in ("ordered", "threads"):
        return kept
    return gathered(loop, statement, awaited, rest, body, sites)


def orders(
    turns: Turns, binding: Sequence[Event], awaited: Invoke, ahead: Sequence[Event],
    behind: Sequence[Event], sites: Sites, *, fails: bool = True,
) -> str:  # fmt: skip
    """Why the calls of two turns, or one and what else turns do, must stay in order; or "".

    ``ahead`` and ``behind``: what a turn does before its call, and after it; ``fails``: it may end
    with an exception.
    """
    prints = sites.footprints
    one = prints.of_events((*awaited.call.setup, awaited))
    other = of_another_turn(one, varying(binding))
    apart = told_apart(turns.names, turns.value, binding, sites.inference)
    itself = without_told(one, other, apart, prints)
    early, fold = prints.of_events(ahead), prints.of_events((*ahead, *behind))
    facts = sites.inference.facts(awaited.call)
    line = awaited.call.span.line
    for barrier in (one, fold):
        if barrier.everything or barrier.affine:
            return f"line {line}: {barrier.everything or barrier.affine}"
    for domain in ("clock", "sleep"):
        if any(e.resource.domain == domain for e in one.effects):
            return f"line {line}: a turn depends on the {domain}"
    if facts.locking.nested:
        return f"line {line} {facts.locking.nested}"
    if any(lock.deadline for lock in facts.locking.locks):
        return f"line {line} does not wait for its lock as long as it takes"
    failing = early.raises or (fails and (one.raises or fold.raises))
    plainly = early.plain_risk or (fails and (one.plain_risk or fold.plain_risk))
    unsafe = sites.unsafe and not plainly
    if failing and (reason := not_speculatable(facts, unsafe=unsafe)):
        return f"line {line} {reason}, and a turn before may fail"
    pairs = (*product(itself.effects, one.effects), *product(other.effects, fold.effects),
             *product(one.effects, early.effects))  # fmt: skip
    for a, b in pairs:
        if meet(a, b, prints):
            return f"line {line}: two turns meet at {describe(a.resource)}"
    if any(overlap(a, b) is not Overlap.NEVER for a in one.handles
           for b in (*other.handles, *fold.handles)):  # fmt: skip
        return f"line {line}: two turns use one exclusive handle"
    for container in live(turns.value, sites.inference):
        for a in prints.of_events([Iterate(container)]).effects:
            for b in (*fold.effects, *one.effects):
                if b.writes and meet(a, b, prints) and grown(a, b):
                    return f"a turn may change {describe(b.resource)}, which is gone through"
    return ""


def gathered(
    loop: Loop, statement: Statement, awaited: Invoke, rest: Sequence[Event], body: Site,
    sites: Sites,
) -> str:  # fmt: skip
    """Forms that await all calls before the rest of any turn: where they are allowed."""
    around = sites.surroundings(body)
    facts = sites.inference.facts(awaited.call)
    fold = sites.footprints.of_events(rest)
    if not_speculatable(facts, unsafe=False):
        return "a call writes"
    seen = visible_writes(fold, None if around.ends else around)
    if seen:
        return f"a failing run would show {describe(seen[0].resource)}"
    if fold.own_risk and not around.ends:
        return "a turn may fail after its call, and would fail later"
    setup = sites.footprints.of_events(awaited.call.setup)
    sure = not (facts.raises or setup.raises or fold.raises)
    if not (around.ends or sites.config.failures == "first" or sure):
        return "the plain form raises the first failure in time, not in order"
    if loop.form in ("bind", "list"):
        return ""
    assert statement.turns is not None
    if looked_up(body.function, statement, set(symbols_of(statement.turns.names))):
        return "the loop's variable is looked at where it is no longer bound"
    if loop.form.startswith("extend "):
        symbol = next((e.place.symbol for e in rest if isinstance(e, Use)), "")
        owner = sites.inference.resolver.type_of(Value(place=Place(symbol)))
        named = symbol.rpartition(":")[2] == loop.form.removeprefix("extend ")
        return "" if named and owner == "builtins.list" else "what is extended may be no list"
    return ""


def _of_call(call: Call, turn: Turn) -> set[int]:
    """The events of a call, by identity."""
    made = [e for s in turn.statements for e in s.events
            if isinstance(e, Invoke) and e.call.id == call.id]  # fmt: skip
    return {id(e) for e in (*call.setup, *made)}


def _holds(statement: Statement, call: Call) -> bool:
    return any(isinstance(e, Invoke) and e.call.id == call.id for e in statement.events)
