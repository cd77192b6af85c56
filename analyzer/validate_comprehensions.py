"""Is a comprehension that was undone from the output allowed to start its calls ahead? (§5, §7)

Asked of the original's events, without a plan (see ``validate_loops``).
"""

from __future__ import annotations

from dataclasses import replace

from .gathering import gathers
from .guards import guarded_form
from .ir import AwaitValue, Control, Define, Invoke, Iterate, Operate, Statement, Use
from .sites import Site, Sites
from .turn_calls import AWAITED, Ahead
from .turns import misfit, passing, undrained, writes_beside
from .undo_loops import Loop
from .validate_loops import bounded, gathered, orders, repeated, scoped
from .validate_threads import moved_in_turns, turn_refusal


def elements_refusal(loop: Loop, site: Site | None, sites: Sites) -> str:
    """The same of a comprehension: its statement, too, now begins after the calls have begun."""
    if site is None or not (site.function.name or loop.threads):
        return "the comprehension does not stand in an async function"
    statement, inference = site.block.statements[loop.index], sites.inference
    if statement.blocks:
        return "the comprehension does not stand in a statement of its own"
    started = moved_in_turns(loop, site, sites, statement) if loop.threads else AWAITED
    found = [
        c for c in inference.module.comprehensions
        if statement.span.start <= c.span.start < statement.span.end and not c.guarded
        and started.any(map(Invoke, c.calls)) and any(e is c.setup[0] for e in statement.events)
    ]  # fmt: skip
    calls = started.invoked(statement.events)
    if len(found) != 1:
        return "it cannot be told which comprehension is meant"
    one = found[0]
    in_header = {id(e) for e in one.setup}
    calls = [e for e in calls if id(e) not in in_header]
    asynchronous = any(turns.asynchronous for turns in (one.turns, *one.more))
    if asynchronous or one.kind == "generator" or len(calls) != 1:
        return "only a plain comprehension that awaits once knows its elements ahead"
    awaited = calls[0]
    plain = awaited.call.span if loop.threads else None
    if guarded_form(inference.text, one, plain) or (
        one.asks and (len(one.conditions) != 1 or one.more)
    ):
        return "an element may not await its call"
    for turns in (one.turns, *one.more):
        reason = undrained(turns.value, inference) or misfit(turns.names, turns.value, inference)
        if reason:
            return reason
    if passing(one.turns.value, inference) and loop.bound and not loop.listed:
        return "what is gone through is used up before"
    forbidden = sites.forbidden(site)
    if forbidden is not None:
        return forbidden.words
    own = {id(e) for e in (*awaited.call.setup, awaited)}
    start = next(i for i, e in enumerate(statement.events) if e is one.setup[0])
    ahead, fold = statement.events[:start], [e for e in one.taking if id(e) not in own]
    if any(not isinstance(e, Use) for e in ahead):
        return "the statement does something before it goes through anything"
    prints = sites.footprints
    tests, early = prints.of_events(one.asked), prints.of_events(ahead)
    header = prints.of_events(one.setup)
    if early.raises and (header.raises or tests.raises):
        return "two errors of the statement would change places"
    if (
        any(not isinstance(e, (Use, Operate, Invoke, Iterate, Define)) for e in one.asked)
        or tests.everything
    ):
        return "a condition may act"
    acts = any(writes_beside(e, one.names) for e in tests.effects)
    if acts or not all(inference.facts(c).pure for c in tests.calls):
        return "a condition may act"
    if one.more and tests.raises:
        return "a clause may raise before an earlier call did"
    made = prints.of_events(fold)
    if one.asked and any(e.writes for e in made.effects):
        return "an element may change what the next one tests"
    if tests.raises and made.own_risk:
        return "a condition may raise before an element did"
    if any(isinstance(e, (AwaitValue, Control)) for e in fold):
        return "an element does more than make a value"
    if gathers(inference, awaited.call, {site.function.scope}):
        return "the call runs others together itself"
    binding = (*one.binding, *one.tests, *one.making)
    return (
        bounded(loop, one.turns, sites, several=bool(one.more))
        or repeated(loop, one.setup, sites)
        or scoped(loop, one.names, awaited.call, site, sites)
        or _fits(awaited, statement, site, loop, started, sites)
        or orders(one.turns, binding, awaited, (*ahead, *fold), (), sites)
        or (gathered(loop, statement, awaited, fold, site, sites) if loop.form == "list" else "")
    )


def _fits(
    awaited: Invoke, statement: Statement, site: Site, loop: Loop, started: Ahead, sites: Sites
) -> str:
    """May the call itself be started ahead?"""
    call = replace(awaited.call, guarded=False)
    events = (*call.setup, replace(awaited, call=call, guarded=False))
    plain = replace(statement, events=events)
    bound = sites.bound_at(site, loop.index)
    inside = loop.parameters is not None
    member, edge = started.member(loop.index, plain, sites.footprints, bound, inside=inside)
    if member is None:
        return edge.words if edge is not None else "it awaits nothing"
    return turn_refusal(loop, member, site, sites) if loop.threads else ""
