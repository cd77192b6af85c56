"""What unknown calls cost: the batches that there would be if they only read (PX301).

The file is planned a second time with every unknown call declared: awaited ones as reads of a
world of their own, the others as pure. What is then run together, and is not now, is what nobody's
declaration holds back; each such batch names the calls that would have to be declared for it. It is
an estimate: what the calls really do, only their authors know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .blocks import Plan, Planner
from .codes import Applicability
from .config import Config
from .effects.catalog import Catalog, Entry, Template, build, merged
from .effects.inference import Inference
from .ir import Call, Span
from .schedule import Region
from .suppressions import silencing

if TYPE_CHECKING:
    from .engine import Analysis

CODE = "PX301"
_DECLARABLE = re.compile(r"[\w.:/-]+")  # not `?`, `f().x` or `a[].x`: no entry can match these


@dataclass(frozen=True, slots=True)
class Unlock:
    """A batch that is held back only because nobody declared some calls.

    ``names``: these, by qualified name, with the line of the first call of each; ``gain_ms``: what
    the batch would save beyond what is saved now.
    """

    names: tuple[tuple[str, int], ...]
    line: int
    function: str
    gain_ms: float
    cell: int = 0  # of a notebook: where the lines are counted


@dataclass(frozen=True, slots=True)
class Unknown:
    """A finding: a call of unknown effects, and what it costs in one file."""

    message: str
    span: Span
    function: str
    words: str
    code: str = CODE
    codes: tuple[str, ...] = ()
    applicability: Applicability = Applicability.DISPLAY
    fix: None = None


def declarable(name: str) -> bool:
    """Can a declaration match calls of that name, and would it be one to write?

    What a builtin or asyncio does is known: where it does more, that lies in what it is handed.
    """
    given = ("builtins.", "asyncio.", "pexec_")  # the last are the magics of a notebook
    return bool(_DECLARABLE.fullmatch(name)) and not name.startswith(given)


def unlocks(analysis: Analysis, config: Config) -> tuple[Unlock, ...]:
    """The batches of a file that unknown calls hold back, in order of the file."""
    if not any(note.edge.kind.value == "unknown" for plan in analysis.plans for note in plan.notes):
        return ()
    blamed = _unknown(analysis)
    assumed = _assumed(analysis, blamed)
    tools = assumed if analysis.tools is None else merged(analysis.tools, assumed)
    inference = Inference(
        analysis.module, (tools, *config.sources), config, analysis.project,
        text=analysis.source.program, is_package=analysis.is_package,
    )  # fmt: skip
    now = {id(plan.site.block): plan for plan in analysis.plans}
    found: list[Unlock] = []
    planner = Planner(inference, unsafe=analysis.planner.unsafe, silent=analysis.suppressions)
    for plan in planner.plans():
        before = now.get(id(plan.site.block))
        found += [
            unlock
            for region in plan.regions
            if (unlock := _unlock(plan, region, before, blamed)) is not None
        ]
    return tuple(sorted(found, key=lambda unlock: unlock.line))


def heard(analysis: Analysis, found: tuple[Unlock, ...]) -> tuple[Unlock, ...]:
    """Without those of which a comment on the line of a call silences PX301."""
    return tuple(
        unlock
        for unlock in found
        if not any(silencing(analysis.suppressions, [line], CODE) for _, line in unlock.names)
    )


def findings(analysis: Analysis, found: tuple[Unlock, ...]) -> tuple[Unknown, ...]:
    """One finding for each name, at its first call in the file."""
    ranked: dict[str, list[Unlock]] = {}
    for unlock in found:
        for name, _ in unlock.names:
            ranked.setdefault(name, []).append(unlock)
    made: list[Unknown] = []
    for name, held in ranked.items():
        line = next(at for unlock in held for n, at in unlock.names if n == name)
        calls = [c for c in analysis.module.calls.values() if c.span.line == line]
        if not calls:
            continue
        span = calls[0].await_span or calls[0].span
        message = _message(name, held)
        made.append(Unknown(message, span, held[0].function, name))
    return tuple(made)


def _message(name: str, held: list[Unlock]) -> str:
    from .findings import milliseconds

    count = "a batch" if len(held) == 1 else f"{len(held)} batches"
    others = sorted({other for unlock in held for other, _ in unlock.names} - {name})
    beside = f", together with {', '.join(f'`{o}`' for o in others[:3])}" if others else ""
    more = " and others" if len(others) > 3 else ""
    saved = milliseconds(sum(unlock.gain_ms for unlock in held))
    return (
        f"nobody declared what `{name}` touches{beside}{more}: if that is only read, {count} would "
        f"save about {saved}"
    )


def _unknown(analysis: Analysis) -> Mapping[int, str]:
    """Unknown calls of the file → the name that would have to be declared for each."""
    found: dict[int, str] = {}
    for call in analysis.module.calls.values():
        facts = analysis.inference.facts(call)
        if facts.everything and not facts.known:
            name = facts.blamed if declarable(facts.blamed) else facts.name
            found[call.id] = name
    return found


def _assumed(analysis: Analysis, blamed: Mapping[int, str]) -> Catalog:
    """Declarations of the unknown calls, and of the calls behind them, as harmless as can be."""
    awaited: dict[str, bool] = {}
    for call in analysis.module.calls.values():
        if call.id in blamed:
            for name in (analysis.inference.facts(call).name, blamed[call.id]):
                if declarable(name):
                    awaited[name] = awaited.get(name, False) or call.awaited
    return build(
        Entry(
            match=name,
            origin="assumed",
            reads=(Template("other", ()),) if waits else (),
            pure=not waits,
            returns="fresh",
        )
        for name, waits in awaited.items()
    )


def _unlock(
    plan: Plan, region: Region, before: Plan | None, blamed: Mapping[int, str]
) -> Unlock | None:
    """The batch if it is new, and rests on unknown calls that can be declared."""
    statements = plan.site.block.statements[region.first : region.last + 1]
    calls: list[Call] = [
        call
        for i in range(region.first, region.last + 1)
        for call in plan.footprints[i].calls
        if call.id in blamed
    ]
    names: dict[str, int] = {}
    for call in calls:
        if not declarable(blamed[call.id]):
            return None
        names.setdefault(blamed[call.id], call.span.line)
    saved = 0.0
    for old in before.regions if before is not None else ():
        if old.first <= region.last and region.first <= old.last:
            saved += old.sequential_ms - old.parallel_ms
    gain = region.sequential_ms - region.parallel_ms - saved
    if not names or gain <= 0:
        return None
    return Unlock(tuple(names.items()), statements[0].span.line, plan.site.function.qualname, gain)
