"""Findings and notes as text for people, one block each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ..codes import Applicability
from ..engine import Analyzed, Blocked, CallSite, Finding
from ..findings import THREADED, milliseconds
from .paint import Paint
from .summary import Undeclared, is_quiet

if TYPE_CHECKING:
    from ..engine import Remark

_WIDEST = 44  # columns of names and effects are not padded beyond this
_VERBS = {"read": "reads", "write": "writes"}
_UNORDERED = ("log", "random")  # contract §1, §2: not observed, so no write in these words


def finding_text(filename: str, finding: Finding, paint: Paint, *, fixed: bool = False) -> str:
    """A finding: its calls, why they are independent, the form, and what it rests on.

    ``[*]`` marks what `pexec-fix` would fix, as in ruff; ``fixed``: it has done so.
    """
    span = finding.span
    star = f" {paint.fixable('[fixed]' if fixed else '[*]')}" if finding.fix is not None else ""
    were, save = ("were", "they save") if fixed else ("are", "they would save")
    count, gain = len(finding.calls), milliseconds(finding.gain_ms)
    what = f"{count} independent calls {were} awaited one after the other"
    if finding.turns:
        what = f"independent calls {were} awaited turn by turn"
        save = f"{finding.turns} {save.removeprefix('they ')}"
    together = "run together"
    if finding.code == THREADED:
        what = f"{count} independent blocking calls {'waited' if fixed else 'wait'} for each other"
        together = "in threads (about 0.1 ms each to start)"
    lines = [
        f"{paint.place(f'{filename}:{span.place}')}: "
        f"{paint.code(finding.code)}{star} {what}; {together} {save} about {gain}",
        *_table(finding.calls, paint),
        f"  {independence(finding.calls)}",
        f"  form: {finding.form} ({finding.form_reason})",
    ]
    if finding.applicability is Applicability.UNSAFE:
        lines.append(
            "  unsafe: in a run where a call fails, writes of later ones may have happened already"
        )
    lines += [f"  assumes: {words}" for words in finding.assumptions]
    return "\n".join(lines)


def remark_text(filename: str, item: Remark, paint: Paint, *, fixed: bool = False) -> str:
    """A finding in one line: a suppression that silences nothing, what an unknown call costs."""
    place = paint.place(f"{filename}:{item.span.place}")
    star = f" {paint.fixable('[fixed]' if fixed else '[*]')}" if item.fix is not None else ""
    return f"{place}: {paint.code(item.code)}{star} {item.message}"


def effects_text(call: CallSite) -> tuple[str, str]:
    """What a call does, and the sources of these claims."""
    grouped: dict[str, list[str]] = {}
    for fact in call.effects:
        verb, _, resource = fact.text.partition(" ")
        if verb in _VERBS:
            grouped.setdefault(_VERBS[verb], []).append(resource)
        else:
            grouped.setdefault(fact.text, [])
    words = "; ".join(
        f"{verb} {', '.join(dict.fromkeys(of))}" if of else verb for verb, of in grouped.items()
    )
    return words, ", ".join(dict.fromkeys(fact.source for fact in call.effects if fact.source))


def writes(call: CallSite) -> bool:
    """Does the call change something whose order is observed?"""
    return any(
        fact.text.startswith("write ")
        and fact.text.removeprefix("write ").partition(":")[0] not in _UNORDERED
        for fact in call.effects
    )


def independence(calls: Sequence[CallSite]) -> str:
    """Why the calls of a finding may run together, in words."""
    own = "none needs another's result"
    if len(calls) == 1:  # the turns of a loop
        reads = "it only reads" if not writes(calls[0]) else "each turn writes something else"
        return f"{reads}, and no turn needs another one's result"
    writing = [writes(call) for call in calls]
    if not any(writing):
        return f"they only read, and {own}"
    if writing[0] and not any(writing[1:]):
        others = "the other only reads" if len(calls) == 2 else "the others only read"
        return f"the write goes first; {others}, nothing that it writes, and {own}"
    return f"no call touches what another one writes, and {own}"


def _table(calls: Sequence[CallSite], paint: Paint) -> list[str]:
    rows = [(str(c.span.line), f"`{c.name}`", *effects_text(c)) for c in calls]
    number, name, words = (
        max(len(row[i]) for row in rows if len(row[i]) <= _WIDEST)
        if any(len(row[i]) <= _WIDEST for row in rows) else 0
        for i in range(3)
    )  # fmt: skip
    lines: list[str] = []
    for row in rows:
        source = f"  {paint.dim(f'({row[3]})')}" if row[3] else ""
        shown = f"{paint.name(row[1])}{' ' * (name - len(row[1]))}"
        padded = row[2].ljust(words) if source else row[2]
        lines.append(f"    {row[0].rjust(number)}  {shown}  {padded}{source}".rstrip())
    return lines


def note_text(filename: str, note: Blocked, paint: Paint) -> str:
    """A note: the call that stays, the call it stays behind, and the one edge between them."""
    where = paint.place(f"{filename}:{note.span.place}")
    if note.code.startswith("PX2"):  # what runs at once stays behind nothing
        name = paint.name(f"`{note.name}`")
        return f"{where}: {paint.note('note')}: {name}: {note.words} {paint.dim(f'[{note.kind}]')}"
    word = "in order" if is_quiet(note) else "note"
    if note.span == note.earlier:
        return (
            f"{where}: {paint.note(word)}: {paint.name(f'`{note.name}`')} stays in its turn: "
            f"{note.words} {paint.dim(f'[{note.kind}]')}"
        )
    return (
        f"{where}: {paint.note(word)}: {paint.name(f'`{note.name}`')} stays behind line "
        f"{note.earlier.line}: {note.words} {paint.dim(f'[{note.kind}]')}"
    )


def result_texts(
    result: Analyzed, paint: Paint, *, notes: bool, flow: bool, fixed: bool = False
) -> list[str]:
    """A file's findings and, if asked for, its notes (``flow``: those too that are
    no opportunity)."""
    found: list[str] = []
    for brief, items in groupby(result.reported, lambda f: not isinstance(f, Finding)):
        texts = [
            finding_text(result.filename, f, paint, fixed=fixed)
            if isinstance(f, Finding)
            else remark_text(result.filename, f, paint, fixed=fixed)
            for f in items
        ]
        found += ["\n".join(texts)] if brief else texts
    if notes:
        shown = [
            note_text(result.filename, note, paint)
            for note in result.blocked
            if flow or not is_quiet(note)
        ]
        found += ["\n".join(shown)] if shown else []
    return found


def undeclared_text(
    found: Sequence[Undeclared],
    paint: Paint,
    most: int = 3,
    rest: str = " (`pexec-report` ranks them)",
) -> str:
    """The undeclared calls that cost most, each with a declaration to paste; "" if none."""
    if not found:
        return ""
    hold, they = ("This call holds", "it touches") if len(found) == 1 else (
        "These calls hold", "they touch")  # fmt: skip
    lines = [f"{hold} batches back only because nobody declared what {they}:"]
    for item in found[:most]:
        lines.append(
            f"  {paint.place(f'{item.place}')}: {paint.name(f'`{item.name}`')} "
            f"{paint.dim(f'({item.cost})')}"
        )
        lines += [f"    {line}" for line in item.declaration.splitlines()]
    if len(found) > most:
        lines.append(f"  … and {len(found) - most} more{rest}")
    return "\n".join(lines)
