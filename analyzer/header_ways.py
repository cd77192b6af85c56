"""How the calls in the header of an `if`, `for` or `match` are awaited before its statement.

In the ordered form only the header may stand in the `try`, not the blocks: either the results of
the calls get names, and the header reads them, or the value of the header gets one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .dependence import conflict_of
from .edges import Edge, EdgeKind, Member, Surroundings
from .footprint import Footprints, visible_writes
from .headers import header_of
from .ir import Define, Event, Invoke, Statement, Use
from .schedule import Region
from .sites import Site


def way_of(
    site: Site,
    region: Region,
    calls: Sequence[Member | None],
    around: Surroundings,
    footprints: Footprints,
) -> tuple[Member, ...] | Edge:
    """The calls whose results get names, up to the last one that starts early, in order.

    ``calls``: all that the header awaits, None where one is not known well enough to be moved.
    None of them where the value of the header gets a name instead; an edge where neither may.
    """
    header = header_of(*site.parents[-1])
    assert header is not None
    last = max(m.ordinal for m in region.moved)
    members = [member for member in calls[: last + 1] if member is not None]
    words = "a call in its header has to stay where it is"
    if len(members) == last + 1:
        words = _moved_behind(members, around, footprints)
    if not words:
        return tuple(members)
    if not header.unnamed:
        return ()
    line = site.block.statements[0].span.line
    return Edge(
        EdgeKind.CONTROL, f"{words}, and the header must stay whole: {header.unnamed}", line
    )


def _moved_behind(members: Sequence[Member], around: Surroundings, footprints: Footprints) -> str:
    """Why what stands between the calls cannot follow them all, or ""."""
    does = footprints.of_events(between(members))
    if does.everything or does.controls or visible_writes(does, None if around.ends else around):
        return "what stands between the calls may be seen"
    if (does.raises or does.own_risk) and not around.ends:
        return "what stands between the calls may raise"
    if any(conflict_of(does.effects, m.footprint.effects, footprints) for m in members):
        return "a call changes what is read before it"
    if any(m.call.commented for m in members):
        return "a comment stands between `await` and its call"
    return ""


#: What results, and the values of headers, are called.
_NAMED = re.compile(r":(\w+_result|condition|items|subject)(_[0-9]+)?$")


def done_before(statements: Sequence[Statement], footprints: Footprints) -> set[int]:
    """The statements (by identity) whose header reads what an earlier run gathered before them.

    They are treated like those that get such a batch, so that a second run changes nothing.
    """
    found: set[int] = set()
    facts = footprints.inference.facts
    for earlier, statement in pairwise(statements):
        if not statement.blocks or not (earlier.final or not earlier.blocks):
            continue
        bound = {e.symbol for e in earlier.events if isinstance(e, Define)}
        read = {e.place.symbol for e in statement.events[: statement.blocks[0].at]
                if isinstance(e, Use) and _NAMED.search(e.place.symbol)}  # fmt: skip
        calls = footprints.of(earlier).calls if bound & read else ()
        if any(c.awaited and facts(c).name == "asyncio.gather" for c in calls):
            found.add(id(statement))
    return found


def between(members: Sequence[Member]) -> Iterator[Event]:
    """What is evaluated before the last of the calls, themselves and their arguments aside."""
    own = {id(event) for m in members for event in m.call.setup}
    calls = {m.call.id for m in members}
    for event in members[0].statement.events:
        called = isinstance(event, Invoke) and event.call.id in calls
        if isinstance(event, Invoke) and event.call.id == members[-1].call.id:
            return
        if not called and id(event) not in own:
            yield event
