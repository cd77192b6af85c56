"""Is a loop allowed to start several statements of each turn ahead, as one? (contract §5, §7)

Asked of the original's events, pair by pair, and without a plan (see ``validate_loops``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from .dependence import meet, not_speculatable
from .effects.model import describe, overlap
from .effects.selector import Overlap
from .gathering import gathers
from .ir import (
    AwaitValue,
    Call,
    Control,
    Define,
    Event,
    Invoke,
    Iterate,
    Mutate,
    Statement,
    Store,
    Use,
)
from .made_in_turn import as_seen_by_others, made_within
from .sites import Site, Sites
from .turns import grown, header_end, live, of_another_turn, symbols_of, varying
from .undo_chains import Moved
from .undo_loops import Loop
from .undo_runs import Run
from .validate_chains import moved_refusal
from .validate_sieves import Turn, asked_ahead


def run_refusal(loop: Loop, run: Run, turn: Turn, sites: Sites) -> str:
    """Why statements ``run`` of a turn must not be started ahead, or ""."""
    found = _place(run, turn, sites)
    if isinstance(found, str):
        return found
    host, first, last = found
    forbidden = sites.forbidden(turn.body) or sites.forbidden(host)
    if forbidden is not None:
        return forbidden.words
    moved = Moved(first, last, True, run.whole, run.gives, run.call)
    reason = moved_refusal(moved, host, sites, sites.inference.text)
    if reason:
        return reason
    statements = host.block.statements[first : last + 1]
    own = _own(statements, run)
    return (
        _scoped(loop, turn, own)
        or _leaves(turn, host, first, own)
        or _orders(turn, own, sites)
        or (asked_ahead(turn, _awaited(own), loop.sieved, sites) if loop.sieved else "")
    )


def _place(run: Run, turn: Turn, sites: Sites) -> tuple[Site, int, int] | str:
    """The block in which the statements stand, and which of it they are."""
    statements = turn.statements
    if run.tried is None:
        inside = turn.body.block.statements
        first, last = (inside.index(statements[k]) for k in (run.begin, run.end))
        return turn.body, first, last
    statement = statements[run.tried]
    block = statement.blocks[0]
    if statement.kind != "Try" or block.role != "try" or block.inline:
        return "what is started ahead stands in no `try` of its turn"
    bound = turn.body.bound | sites.footprints.binding.entering(statement, block)
    host = Site(turn.body.function, block, (*turn.body.parents, (statement, block)), bound)
    return host, run.begin, run.end


def _own(statements: Sequence[Statement], run: Run) -> list[Event]:
    """What is started ahead, in order."""
    if run.whole:
        return [e for s in statements for e in s.events]
    *moved, last = statements
    made = [e for e in last.events if isinstance(e, Invoke) and e.call.awaited]
    return [*(e for s in moved for e in s.events), *(e for m in made for e in (*m.call.setup, m))]


def _awaited(own: Sequence[Event]) -> set[int]:
    """The awaited calls among events, by identity."""
    return {id(e) for e in own if isinstance(e, Invoke) and e.call.awaited}


def _scoped(loop: Loop, turn: Turn, own: Sequence[Event]) -> str:
    """The names of the loop's target are those of the turn, and stay what they are."""
    assert turn.loop.turns is not None
    targets = set(symbols_of(turn.loop.turns.names))
    handed = {s for s in targets if s.rpartition(":")[2] in (loop.parameters or ())}
    if len(handed) != len(loop.parameters or ()):
        return "a turn is handed something that is no target of the loop"
    for event in own:
        if isinstance(event, Define) and event.symbol in targets:
            return "what is started ahead binds what the loop binds"
        if isinstance(event, (Use, Store, Mutate)) and event.place.symbol in targets - handed:
            return f"a turn would read `{event.place.symbol.rpartition(':')[2]}` of a later one"
    return ""


def _leaves(turn: Turn, host: Site, first: int, own: Sequence[Event]) -> str:
    """Each turn awaits what is started ahead, nothing else, and there is a next one."""
    mine = {id(e) for e in own}
    for statement in turn.statements:
        for event in statement.events:
            waits = isinstance(event, Invoke) and event.call.awaited and id(event) not in mine
            if waits or isinstance(event, AwaitValue):
                return f"line {statement.span.line} awaits, and is not started ahead"
        leaves = list(leaving(statement, top=True))
        if leaves:
            return f"`{leaves[0]}` may end the loop"
    start = host.block.statements[first].span.start
    ahead = [s for s in turn.statements if s.span.end <= start]
    ahead += host.block.statements[:first]
    if any("continue" in words_of(s) for s in ahead if s is not turn.sieve):
        return "`continue` may end a turn before its calls"
    return ""


def _orders(turn: Turn, own: Sequence[Event], sites: Sites) -> str:
    """Why what two turns start, or one starts and another one does, must stay in order; or ""."""
    prints, inference, turns = sites.footprints, sites.inference, turn.loop.turns
    assert turns is not None
    whole = prints.of_events(own)
    names = frozenset(e.symbol for e in own if isinstance(e, Define))
    one = as_seen_by_others(whole, names, made_within(own, whole, inference))
    other = of_another_turn(one, varying(turn.loop.events[header_end(turn.loop) :]))
    mine = {id(e) for e in own}
    events = [e for s in turn.statements for e in s.events]
    start = max(i for i, e in enumerate(events) if id(e) in mine)
    early = prints.of_events([e for e in events[:start] if id(e) not in mine])
    fold = prints.of_events([e for e in events if id(e) not in mine])
    line = turn.loop.span.line
    for barrier in (whole, fold):
        if barrier.everything or barrier.affine:
            return f"line {line}: {barrier.everything or barrier.affine}"
    for domain in ("clock", "sleep"):
        if any(e.resource.domain == domain for e in whole.effects):
            return f"line {line}: a turn depends on the {domain}"
    for event in own:
        if isinstance(event, Invoke) and event.call.awaited:
            reason = _unfit(event.call, turn, sites)
            if reason:
                return reason
    for a, b in (*product(other.effects, one.effects), *product(other.effects, fold.effects),
                 *product(one.effects, early.effects)):  # fmt: skip
        if meet(a, b, prints):
            return f"line {line}: two turns meet at {describe(a.resource)}"
    handles = (*other.handles, *fold.handles)
    if any(overlap(a, b) is not Overlap.NEVER for a in whole.handles for b in handles):
        return f"line {line}: two turns use one exclusive handle"
    for container in live(turns.value, inference):
        for a in prints.of_events([Iterate(container)]).effects:
            for b in (*fold.effects, *whole.effects):
                if b.writes and meet(a, b, prints) and grown(a, b):
                    return f"a turn may change {describe(b.resource)}, which is gone through"
    return ""


def _unfit(call: Call, turn: Turn, sites: Sites) -> str:
    """Why a call must not run beside those of other turns, whatever these do; or ""."""
    facts, line = sites.inference.facts(call), call.span.line
    if gathers(sites.inference, call, {turn.body.function.scope}):
        return "a call runs others together itself"
    if facts.locking.nested:
        return f"line {line} {facts.locking.nested}"
    if any(lock.deadline for lock in facts.locking.locks):
        return f"line {line} does not wait for its lock as long as it takes"
    reason = not_speculatable(facts, unsafe=False)
    return f"line {line} {reason}, and a turn before may fail" if reason else ""


# -- words -------------------------------------------------------------------------------------


def words_of(statement: Statement) -> set[str]:
    """The words with which a statement, or one in it, may leave its block."""
    return {e.word for e in statement.events if isinstance(e, Control)}


def leaving(statement: Statement, *, top: bool) -> Iterator[str]:
    """Words that end the loop: `break` only where it is this loop's own."""
    inner = statement.kind in ("For", "While")
    for word in words_of(statement):
        if word in ("return", "yield", "import", "await"):
            yield word
    if statement.kind == "Break" and top:
        yield "break"
    for block in statement.blocks:
        for part in block.statements:
            yield from leaving(part, top=top and not (inner and block.role == "loop"))
