"""Which form a loop is written in (contract §5): ordered, or plain where nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .dependence import not_speculatable
from .footprint import visible_writes
from .ir import Event, Invoke, Place, Shape, Statement, Value
from .sites import Sites
from .turn_plans import LoopPlan
from .turns import gone


class Fold(StrEnum):
    """What is left of the loop once all results are there."""

    EXTEND = "extend"  # `found.append(await f(x))`: nothing, the list is extended
    BARE = "bare"  # `await f(x)`: nothing at all
    LIST = "list"  # `[await f(x) for x in xs]`: the list of results
    BIND = "bind"  # `y = await f(x)`, and more: a loop over the results
    NONE = ""  # the ordered form


@dataclass(frozen=True, slots=True)
class LoopForm:
    """How a loop is written, and why."""

    fold: Fold
    reason: str


def form_of(plan: LoopPlan, sites: Sites) -> LoopForm:
    """The plain form where it is allowed and reads well, else the ordered one."""
    ordered = LoopForm(Fold.NONE, "a caller may see which failure comes first")
    if plan.chain is not None:
        return ordered
    fold = _fold(plan, sites)
    if fold is Fold.NONE or not_speculatable(plan.member.facts, unsafe=False):
        return ordered
    around = plan.around
    own = {id(e) for e in plan.member.call.setup}
    rest = [
        e for e in _turn(plan)
        if id(e) not in own and not (isinstance(e, Invoke) and e.call.id == plan.member.call.id)
    ]  # fmt: skip
    left = sites.footprints.of_events(rest)
    if visible_writes(left, None if around.ends else around):
        return ordered
    if left.own_risk and not around.ends:
        return ordered
    if not plan.member.facts.raises and not plan.member.risks and not left.raises:
        return LoopForm(fold, "no member may raise")
    if sites.config.failures == "first":
        return LoopForm(fold, '`failures = "first"`: the first failure in time is raised')
    return LoopForm(fold, "a failure here ends the program") if around.ends else ordered


def _turn(plan: LoopPlan) -> list[Event]:
    """All that one turn does."""
    if plan.comprehension is not None:
        return [*plan.comprehension.taking]
    return [event for s in plan.statements for event in s.events]


def _fold(plan: LoopPlan, sites: Sites) -> Fold:
    one = plan.comprehension
    if one is not None:
        span = plan.member.call.await_span
        places = span is not None and (span.start, span.end) == (one.element.start, one.element.end)
        alone = one.kind == "list" and places
        return Fold.LIST if alone else Fold.NONE
    statement, first = plan.statement, plan.statements[0]
    if plan.body.block.statements[plan.member.index] is not first or \
            plan.member.statement.annotated:  # fmt: skip
        return Fold.NONE
    whole = len(plan.statements) == 1 and len(statement.blocks) == 1
    if plan.sieve is not None and not whole:
        return Fold.NONE  # the loop that is left would be another one
    if first.shape is Shape.ASSIGN and first.solo and len(plan.statements) > 1:
        target = first.target
        text = "" if target is None else sites.inference.text[target.start : target.end]
        return Fold.BIND if text and text == first.target_name else Fold.NONE
    if not whole or not gone(plan.site.function, statement):
        return Fold.NONE
    if first.shape is Shape.BARE:
        return Fold.BARE
    return Fold.EXTEND if appended(first, sites) else Fold.NONE


def appended(statement: Statement, sites: Sites) -> str:
    """The name of the list that a statement, `name.append(await …)`, appends to; or ""."""
    last = statement.events[-1] if statement.events else None
    if statement.kind != "Expr" or not isinstance(last, Invoke) or last.call.method != "append":
        return ""
    receiver, arguments = last.call.receiver, last.call.arguments
    place = receiver.place if receiver is not None else None
    if place is None or place.steps or len(arguments) != 1 or last.call.span != statement.span:
        return ""
    value = arguments[0].value.place
    awaited = value is not None and sites.inference.module.calls.get(value.symbol)
    if not awaited or not awaited.awaited or arguments[0].star or arguments[0].keyword:
        return ""
    if value is None or value.steps:
        return ""
    kind = sites.inference.resolver.type_of(Value(place=Place(place.symbol)))
    return place.symbol.rpartition(":")[2] if kind == "builtins.list" else ""
