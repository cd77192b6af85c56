"""PX201, PX202 and PX203: what is reported of groups of calls that run at once already.

There is no fix: which of two orders was meant, or how many calls a server bears, only its authors
know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from .batches import Batch, Member, batches
from .codes import RULES, Applicability
from .dependence import conflict_of
from .effects.model import describe
from .ir import Span
from .races import Conflict, Races
from .suppressions import silencing
from .unbounded import fanned

if TYPE_CHECKING:
    from .engine import Analysis, Blocked

CONFLICT, HANDLE, UNBOUNDED = "PX201", "PX202", "PX203"
CODES = frozenset({CONFLICT, HANDLE, UNBOUNDED})
#: The kinds of notes: no edges, as these calls are not in anybody's way.
_FAN_OUT, _ORDER = "fan-out", "order"
#: Observed in no order that anybody would miss in calls that somebody runs at once.
_UNORDERED = frozenset({"stdout", "log", "random", "time", "clock", "sleep"})


@dataclass(frozen=True, slots=True)
class Race:
    """A finding about a group that runs at once. ``lines``: where a comment silences it."""

    code: str
    message: str
    span: Span
    function: str
    words: str  # what it is told apart by
    lines: frozenset[int]
    codes: tuple[str, ...] = ()
    applicability: Applicability = Applicability.DISPLAY
    fix: None = None

    @property
    def name(self) -> str:
        return RULES[self.code]


def found_races(analysis: Analysis) -> tuple[tuple[Race, ...], tuple[Blocked, ...]]:
    """All findings of a file, silenced ones too, and notes of what may be one.

    Of one pair of calls, and of one resource in one group, the first is reported: tasks are often
    handed on to a `gather` that waits for them.
    """
    races = Races(analysis.inference)
    found: list[Race] = []
    notes: list[Blocked] = []
    seen: set[tuple[object, ...]] = set()

    def new(*key: object) -> bool:
        known = key in seen
        seen.add(key)
        return not known

    for batch in batches(analysis.inference):
        if not _looked_at(analysis, batch):
            continue
        notes += [_unsure(batch, name) for name in batch.unsure]
        for conflict in races.of(batch):
            pair = sorted((conflict.first.call.id, conflict.second.call.id))
            fresh = new(conflict.code, *pair)
            if new(conflict.code, batch.span, conflict.resource) and fresh:
                found.append(_conflict(analysis, batch, conflict))
        for member in batch.members:
            if new(UNBOUNDED, member.call.id):
                item = _unbounded(analysis, races, batch, member)
                if isinstance(item, Race):
                    found.append(item)
                elif item is not None:
                    notes.append(item)
        for one, two in combinations(batch.members, 2):
            ids = sorted((one.call.id, two.call.id))
            if (CONFLICT, *ids) not in seen and new("note", *ids):
                notes += _doubts(analysis, batch, one, two)
    return tuple(sorted(found, key=lambda r: r.span.start)), tuple(notes)


def heard_races(analysis: Analysis, found: tuple[Race, ...]) -> tuple[Race, ...]:
    """Those that no comment silences."""
    return tuple(r for r in found if not silencing(analysis.suppressions, r.lines, r.code))


def _looked_at(analysis: Analysis, batch: Batch) -> bool:
    """Not in tests, durable workflows, …, as all that is looked for."""
    function = batch.function
    names = function.qualname.split(".")
    if not analysis.planner.config.include_tests and any(n.startswith("test") for n in names):
        return False
    return analysis.planner.sites.function_edge(function) is None


def _name(analysis: Analysis, member: Member) -> str:
    return analysis.inference.resolver.shown_name(member.call)


def _conflict(analysis: Analysis, batch: Batch, conflict: Conflict) -> Race:
    one, two = _name(analysis, conflict.first), _name(analysis, conflict.second)
    if conflict.first is conflict.second:
        who = f"the calls of `{one}` that run at once get into each other's way"
    else:
        others = f"calls of `{one}`" if one == two else f"`{one}` and `{two}`"
        who = f"{others} run at once and get into each other's way"
    return Race(conflict.code, f"{who}: {conflict.words}", batch.span, batch.function.qualname,
                f"{one} {two} {conflict.resource}", batch.lines)  # fmt: skip


def _unbounded(
    analysis: Analysis, races: Races, batch: Batch, member: Member
) -> Race | Blocked | None:
    found = fanned(analysis.inference, races.traces, batch, member)
    if found is None:
        return None
    name = _name(analysis, member)
    if found.unknown:
        words = f"{found.unknown}, so nobody can tell whether anything bounds how many calls of " \
                f"`{name}` run at once"  # fmt: skip
        return _note(batch, UNBOUNDED, name, _FAN_OUT, member, words, found.unknown_call)
    message = (
        f"`{name}` is called for all elements at once: {found.words} run together, and nothing "
        "bounds how many"
    )
    return Race(UNBOUNDED, message, batch.span, batch.function.qualname, name, batch.lines)


def _unsure(batch: Batch, name: str) -> Blocked:
    """A name of a notebook that may hold this call or that one."""
    from .engine import Blocked

    words = "it is bound more than once in the notebook, or changed in another cell, so which " \
            "calls run at once here is not known"  # fmt: skip
    return Blocked(code=CONFLICT, name=name, span=batch.span, earlier=batch.span, kind=_ORDER,
                   words=words, function=batch.function.qualname)  # fmt: skip


def _doubts(analysis: Analysis, batch: Batch, one: Member, two: Member) -> Iterator[Blocked]:
    """What two members may both touch, for all that is known of them."""
    inference = analysis.inference
    a, b = inference.run(one.call), inference.run(two.call)
    if a.everything or b.everything:
        return
    first = [e for e in a.effects if e.resource.domain not in _UNORDERED]
    second = [e for e in b.effects if e.resource.domain not in _UNORDERED]
    met = conflict_of(first, second, inference.footprints)
    if met is None:
        return
    did = "both change" if met[0].writes and met[1].writes else "one may change"
    what = describe(met[1].resource)
    words = f"it runs beside `{_name(analysis, one)}`, and {did} {what}: in which order is free"
    yield _note(batch, CONFLICT, _name(analysis, two), _ORDER, two, words)


def _note(
    batch: Batch, code: str, name: str, kind: str, member: Member, words: str,
    unknown: str = "",
) -> Blocked:  # fmt: skip
    from .engine import Blocked

    return Blocked(
        code=code, name=name, span=member.call.span, earlier=batch.span, kind=kind,
        words=words, function=batch.function.qualname, unknown=unknown,
        unknown_line=member.call.span.line if unknown else 0,
    )  # fmt: skip
