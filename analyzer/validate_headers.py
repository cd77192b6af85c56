"""Results that get names before a header reads them: what stood between the calls comes later."""

from __future__ import annotations

from .dependence import conflict_of
from .footprint import visible_writes
from .ir import Event, Invoke
from .members import awaited_in, member_at
from .sites import Site, Sites


def results_refusal(site: Site, sites: Sites, ordinals: list[int]) -> str:
    """Why the results of these calls of a header may not get names one by one, or "".

    ``ordinals``: which awaited calls they are, in the order in which they are awaited now.
    """
    statement = site.block.statements[0]
    line = statement.span.line
    places = awaited_in(statement)
    if ordinals != list(range(len(ordinals))):
        return f"the calls in the header of line {line} are not awaited in their order"
    bound, prints = sites.bound_at(site, 0), sites.footprints
    inside: set[int] = set()
    last = -1
    for ordinal in ordinals:
        last, call = places[ordinal]
        member, edge = member_at(0, statement, ordinal, places[ordinal], prints, bound)
        if member is None:
            return edge.words if edge is not None else f"line {line} awaits what is not known"
        inside |= {id(event) for event in call.setup}
    own = {places[ordinal][0] for ordinal in ordinals}
    others: list[Event] = [
        event
        for position, event in enumerate(statement.events[:last])
        if position not in own and id(event) not in inside
    ]
    around, does = sites.surroundings(site), prints.of_events(others)
    if does.everything or does.controls or visible_writes(does, None if around.ends else around):
        return f"line {line} does more between its calls"
    if (does.raises or does.own_risk) and not around.ends:
        return f"line {line} may raise between its calls"
    for ordinal in ordinals:
        call = places[ordinal][1]
        if conflict_of(does.effects, prints.of_events((*call.setup, Invoke(call))).effects, prints):
            return f"line {line} reads between its calls what one of them changes"
    return ""
