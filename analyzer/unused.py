"""PX001: suppressions that silence nothing, and the edits that take them out (ruff's RUF100)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from .blocks import Plan
from .codes import DEFAULT, RULES, UNUSED, Applicability
from .comments import replacing, same_code, without
from .config import Config
from .edits import apply
from .engine import Analysis, Fix, analyze
from .findings import lines_of
from .gathering import makes_tasks
from .ir import Span
from .silent_chains import CHAINS
from .suppressions import Kind, Suppression, silencing
from .unlocking import CODE as UNKNOWN
from .unlocking import unlocks

#: What is used is asked of these; PX001 itself is silenced by name only, as in ruff.
_RULES = frozenset(RULES) - {UNUSED}
#: Those that a comment without codes is taken to be meant for.
_MEANT = DEFAULT - {UNUSED}


@dataclass(frozen=True, slots=True)
class Unused:
    """A suppression, or some of its codes, that silences nothing. Without a ``fix`` if one of its
    codes does not exist: what was meant, its author knows."""

    span: Span
    codes: tuple[str, ...]  # none for a bare one
    words: str  # the suppression as it is written
    message: str
    function: str
    fix: Fix | None = None

    @property
    def code(self) -> str:
        return UNUSED

    @property
    def name(self) -> str:
        return RULES[UNUSED]

    @property
    def applicability(self) -> Applicability:
        return Applicability.SAFE if self.fix is not None else Applicability.DISPLAY


_SPEAKING = re.compile(
    r"(?<![^\s#])#\s*(pexec|noqa|nosec|isort|ruff|flake8|pylint|type|pyright|mypy|fmt)\b",
    re.IGNORECASE,
)
Dead = tuple[Suppression, frozenset[str]]


def unused(analysis: Analysis, config: Config) -> tuple[tuple[Unused, ...], str | None]:
    """What is unused, in order of the file, and the text without it (None if nothing is fixed)."""
    if UNUSED not in config.select:
        return (), None
    speaking = [s for s in analysis.suppressions if not _silent(s, analysis.suppressions)]
    wrong = [_unknown(analysis, s) for s in speaking if s.unknown]
    dead = _dead(analysis, speaking, config)
    found, text = _fixed(analysis, dead)
    return tuple(sorted((*wrong, *found), key=lambda u: u.span.start)), text


def _silent(item: Suppression, known: Sequence[Suppression]) -> bool:
    """Does a comment on its line silence PX001 there?"""
    by = silencing(known, [item.line], UNUSED)
    return any(s.codes or (s.kind is Kind.NOQA and s is not item) for s in by)


def _dead(analysis: Analysis, speaking: Sequence[Suppression], config: Config) -> list[Dead]:
    """The suppressions with the codes that are selected, and silence nothing at either level.

    What would be found without the comment is asked of the plans, not of the findings: a rewrite
    may be held back by the very comment.
    """
    doubted = [(s, codes) for s in speaking if (codes := _checked(s, config)) is not None]
    if any(UNKNOWN in codes for _, codes in doubted):
        held = [line for unlock in unlocks(analysis, config) for _, line in unlock.names]
        doubted = _left(doubted, [(UNKNOWN, frozenset({line})) for line in held])
    left = _unheld(analysis, doubted, (*analysis.plans, *analysis.planner.threads))
    if left:
        left = _unheld(analysis, left, analysis.other_plans)
    return [(s, codes) for s, codes in left if analysis.planner.sites.looked_at(s.line)]


def _checked(item: Suppression, config: Config) -> frozenset[str] | None:
    """The codes that can be told to be unused; the empty set for a bare one, None if there are
    none: `# noqa` without a code is for other tools too."""
    if not item.codes:
        whole = item.kind is Kind.IGNORE and config.select >= _MEANT
        return frozenset() if whole else None
    return frozenset(c for c in item.own_codes if c in _RULES & config.select) or None


def _unheld(analysis: Analysis, dead: Sequence[Dead], plans: Sequence[Plan]) -> list[Dead]:
    """What of ``dead`` silences nothing in these plans."""
    return _left(dead, _places(analysis, plans)) if dead else []


def _left(dead: Sequence[Dead], places: Iterable[tuple[str, frozenset[int]]]) -> list[Dead]:
    """What of ``dead`` silences none of the codes on the lines that go with each."""
    used: set[tuple[Suppression, str]] = set()
    candidates = [s for s, _ in dead]
    for code, lines in places:
        used.update((s, code) for s in silencing(candidates, lines, code))
    left: list[Dead] = []
    for item, codes in dead:
        rest = frozenset(c for c in codes if (item, c) not in used)
        if rest or not (codes or any((item, c) in used for c in _RULES)):
            left.append((item, rest))
    return left


def _places(analysis: Analysis, plans: Sequence[Plan]) -> Iterator[tuple[str, frozenset[int]]]:
    """The codes that are found, silenced or not, with the lines on which each can be silenced."""
    for plan in plans:
        yield from plan.silenced
        function = plan.site.function
        if makes_tasks(analysis.inference, function):
            # The batches that took the place of silenced chains: there are no chains any more.
            yield CHAINS, frozenset(range(function.span.line, function.span.end_line + 1))
        for region in plan.regions:
            yield region.code, lines_of(plan, region)
    for loop in analysis.planner.loops:
        yield loop.code, loop.lines
    for race in analysis.races[0]:
        yield race.code, race.lines
    for call in analysis.module.calls.values():
        if call.commented and call.await_span is not None:
            # A comment between `await` and the call: without it the call might be in a batch.
            yield "PX101", frozenset(range(call.await_span.line, call.span.line + 1))


# -- what is said of it, and the edits -----------------------------------------------------------


def _unknown(analysis: Analysis, item: Suppression) -> Unused:
    near = get_close_matches(item.unknown[0], sorted(RULES), 1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    is_ = "is no code" if len(item.unknown) == 1 else "are no codes"
    message = f"{_listed(item.unknown)} of `{item.words}` {is_} (codes: {', '.join(RULES)}){hint}"
    return _made(analysis, item, item.unknown, message)


def _unused(analysis: Analysis, dead: Dead) -> Unused:
    item = dead[0]
    codes = tuple(c for c in item.own_codes if c in dead[1])
    which = f"`{item.words}`" if len(codes) == len(item.codes) else \
        f"{_listed(codes)} of `{item.words}`"  # fmt: skip
    silences = "silences" if len(codes) < 2 or len(codes) == len(item.codes) else "silence"
    why = ": it has the line for itself" if item.comment.alone else ""
    return _made(analysis, item, codes, f"{which} {silences} nothing{why}")


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(f"`{c}`" for c in codes)


def _made(analysis: Analysis, item: Suppression, codes: tuple[str, ...], message: str) -> Unused:
    whole = item.comment.span
    offset = item.directive[0]
    span = Span(
        whole.start + offset, whole.start + item.end, whole.line, whole.column + offset,
        whole.line, whole.column + item.end,
    )  # fmt: skip
    inside = [f for f in analysis.module.functions if f.span.line <= item.line <= f.span.end_line]
    function = max(inside, key=lambda f: (f.span.start, bool(f.name))).qualname
    return Unused(span, codes, item.words, message, function)


def _fixed(analysis: Analysis, dead: Sequence[Dead]) -> tuple[list[Unused], str | None]:
    """Each with its edit, and the text after all of them. An edit that would change more than
    comments is not offered."""
    from .lowering.comments import closed_lines

    if not dead:
        return [], None
    source = analysis.source
    closed = closed_lines(source)
    free = [d for d in dead if d[0].line not in closed and not _wakes(d, dead)]
    text = _after(analysis, free)
    if free and not same_code(source, text):
        free = [d for d in free if same_code(source, _after(analysis, [d]))]
        text = _after(analysis, free)
        if not same_code(source, text):
            free = []
    found: list[Unused] = []
    for one in dead:
        item = _unused(analysis, one)
        if one in free:
            comment = one[0].comment
            edit = replacing(source, comment, without(comment, [one]))
            item = replace(item, fix=Fix(edit.start, edit.end, edit.text))
        found.append(item)
    return found, text if free else None


def _wakes(one: Dead, dead: Sequence[Dead]) -> bool:
    """Would what is left of the comment speak to pexec, or to a checker, where it did not before?

    ``# noqa: PX101 type: ignore`` is a plain remark behind its code, and a directive without it.
    """
    comment = one[0].comment
    after = without(comment, [d for d in dead if d[0].line == one[0].line])
    spoken = {word.lower() for word in _SPEAKING.findall(comment.text)}
    return any(word.lower() not in spoken for word in _SPEAKING.findall(after))


def again(analysis: Analysis, text: str) -> Analysis:
    """The analysis of another text of the same file, with the same settings."""
    planner = analysis.planner
    return analyze(
        analysis.source.changed(text), planner.config,
        name=analysis.module.name, unsafe=planner.unsafe, is_package=analysis.is_package,
        tools=analysis.tools, script=analysis.module.script, project=analysis.project,
    )  # fmt: skip


def _after(analysis: Analysis, dead: Sequence[Dead]) -> str:
    comments = {d[0].line: d[0].comment for d in dead}
    edits = [
        replacing(
            analysis.source, comment, without(comment, [d for d in dead if d[0].line == line])
        )
        for line, comment in comments.items()
    ]
    return apply(analysis.source.text, edits)
