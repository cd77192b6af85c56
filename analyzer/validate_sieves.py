"""May the condition at the beginning of a loop's turns be asked for all elements ahead? (§5, §7)

Asked of the original's events, without a plan (see ``validate_loops``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .dependence import meet
from .effects.model import describe
from .footprint import visible_writes
from .ir import Define, Function, Invoke, Operate, Statement, Use
from .sites import Site, Sites
from .turns import header_end, of_another_turn, symbols_of, varying
from .typetext import SCALARS
from .undo_sieves import Sieved


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of a loop does: statements of ``body``, which are not all of them.

    ``sieve``: the `if` that leaves turns out.
    """

    loop: Statement
    body: Site
    sieve: Statement | None = None

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.body.block.statements if s is not self.sieve)


def turn_of(statement: Statement, site: Site, sites: Sites, *, sieved: bool) -> Turn:
    """The turn of a loop; if ``sieved``, without the condition that it begins with."""
    block = statement.blocks[0]
    body = sites.within(site, statement, block)
    if not sieved:
        return Turn(statement, body)
    sieve = block.statements[0]
    inner = sieve.blocks[0]
    if [s.kind for s in inner.statements] == ["Continue"]:
        return Turn(statement, body, sieve)
    return Turn(statement, sites.within(body, sieve, inner), sieve)


def asked_ahead(turn: Turn, own: set[int], how: Sieved, sites: Sites) -> str:
    """Why the condition of a turn must wait for the turns before, or "".

    ``own``: the events, by identity, of a call that is awaited.
    """
    sieve, statement, prints = turn.sieve, turn.loop, sites.footprints
    assert sieve is not None
    assert statement.turns is not None
    asked = sieve.events[: sieve.blocks[0].at]
    tests = prints.of_events(asked)
    compared = [v for e in asked if isinstance(e, Operate) for v in e.values]
    scalars = {sites.inference.resolver.type_of(v) for v in compared} <= SCALARS
    if how is Sieved.SCALARS and not scalars:
        return "`!=` need not be the opposite of `==`"
    looks = all(
        isinstance(e, (Use, Operate))
        or (isinstance(e, Invoke) and not e.call.awaited and sites.inference.facts(e.call).pure)
        for e in asked
    )
    if not looks or tests.everything or any(e.writes for e in tests.effects):
        return "the condition of a turn does more than look"
    targets = set(symbols_of(statement.turns.names))
    if looked_up(turn.body.function, statement, targets):
        return "the loop's variable is looked at where it is another one"
    other = of_another_turn(tests, varying(statement.events[header_end(statement) :]))
    events = [e for s in turn.statements for e in s.events]
    done = prints.of_events(events)
    for a in (*tests.effects, *other.effects):
        for b in done.effects:
            if b.writes and meet(a, b, prints):
                return f"a turn may change {describe(b.resource)}, which the next one tests"
    fold = prints.of_events([e for e in events if id(e) not in own])
    if tests.raises and (fold.own_risk or visible_writes(fold, sites.surroundings(turn.body))):
        return "the condition of a turn may raise before an earlier turn is done"
    return ""


def looked_up(function: Function, statement: Statement, symbols: set[str]) -> bool:
    """Is one of the symbols used by the function anywhere but in a loop's own statements?"""
    everywhere = Counter(_used(s for s in function.block.statements))
    here = Counter(_used([statement]))
    return any(everywhere[symbol] != here[symbol] for symbol in symbols)


def _used(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        for event in statement.events:
            if isinstance(event, Use):
                yield event.place.symbol
            elif isinstance(event, Define) and statement.kind == "Del":
                yield event.symbol
