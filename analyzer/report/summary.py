"""The last line of every run: what was looked at, what was found, or why there is nothing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..engine import Analyzed, Blocked, Failed, Result
from ..findings import milliseconds
from ..spans import line_text
from ..unlocking import Unlock

_METHOD = re.compile(r"\.[A-Z]\w*\.\w+$")  # Type.method
FLOW = "flow"
QUIET = frozenset({FLOW, "gain"})  # edges that no declaration or rewrite removes: no opportunity
UNKNOWN = "unknown"
KEPT = "kept"  # held apart by state that could be declared benign, whatever the edge


def is_quiet(note: Blocked) -> bool:
    """Is the note no opportunity?"""
    return note.kind in QUIET and not note.benign


class Done(StrEnum):
    """What a command does with its findings."""

    FOUND = "found"
    FIXED = "fixed"
    WOULD_FIX = "would fix"


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all files. ``notes`` leaves out what is no opportunity.

    ``examined`` are the files with a block that awaits twice, or makes two blocking calls of those
    that threads may make; calls are counted in these.
    """

    files: int = 0
    failed: int = 0
    awaited: int = 0
    known: int = 0
    threaded: int = 0  # blocking calls that threads may make
    findings: int = 0
    files_with_fixes: int = 0
    more_unsafe: int = 0
    notes: int = 0
    flow: int = 0  # true data dependences
    gain: int = 0  # not worth it
    unknown: int = 0
    fixable: int = 0
    silenced: int = 0  # findings that a comment or a setting leaves out
    baselined: int = 0  # findings that are in the baseline
    outdated: int = 0  # entries of the baseline that no longer occur
    examined: int = 0
    held_back: str = ""  # what unknown calls cost, in words


def totals_of(results: Iterable[Result], missing: int = 0) -> Totals:
    """Add up the results; ``missing`` paths count as failed."""
    files = failed = awaited = known = threaded = findings = with_fixes = more = 0
    fixable = silenced = baselined = outdated = examined = 0
    kinds: Counter[str] = Counter()
    done: list[Analyzed] = []
    for result in results:
        if isinstance(result, Failed):
            failed += 1
            continue
        files += 1
        awaited += result.counts.awaited
        known += result.counts.known
        threaded += result.counts.threaded
        outdated += result.outdated
        if isinstance(result, Analyzed):
            examined += 1
            done.append(result)
            fixes = sum(f.fix is not None for f in result.reported)
            findings += len(result.reported)
            with_fixes += bool(fixes)
            fixable += fixes
            silenced += result.silenced
            baselined += result.baselined
            more += result.unsafe_findings
            kinds.update(KEPT if note.benign else note.kind for note in result.blocked)
    return Totals(
        files, failed + missing, awaited, known, threaded, findings, with_fixes, more,
        sum(n for kind, n in kinds.items() if kind not in QUIET),
        kinds[FLOW], kinds["gain"], kinds[UNKNOWN], fixable, silenced, baselined, outdated,
        examined, held_back(u for r in done for u in r.unlocks),
    )  # fmt: skip


def plural(number: int, word: str, words: str = "") -> str:
    return f"{number} {word}" if number == 1 else f"{number} {words or f'{word}s'}"


def summary_line(totals: Totals, done: Done = Done.FOUND) -> str:
    """One line for every run, also when nothing was found."""
    failed = f", {totals.failed} could not be checked" if totals.failed else ""
    if not totals.files:
        words = ": no Python files under the given paths, but for what is left out"
        why = "" if totals.failed else words
        return f"Checked 0 files{failed}{why}."
    head = f"Checked {plural(totals.files, 'file')}{failed}: "
    if totals.examined:
        where = f" in {totals.examined} of them" if totals.examined < totals.files else ""
        blocking = f"{plural(totals.threaded, 'blocking call')} for threads"
        if totals.awaited or not totals.threaded:
            head += f"{plural(totals.awaited, 'awaited call')}{where}, "
            head += f"{totals.known} with known effects"
            head += f", {blocking}; " if totals.threaded else "; "
        else:
            head += f"{blocking}{where}; "
    gone = plural(totals.outdated, "entry", "entries")
    gone = f" {gone} of the baseline no longer {'occurs' if totals.outdated == 1 else 'occur'}" \
        f" (--write-baseline takes {'it' if totals.outdated == 1 else 'them'} out)." \
        if totals.outdated else ""  # fmt: skip
    held = f" {totals.held_back}" if totals.held_back else ""
    more = f" ({totals.more_unsafe} more with --unsafe-fixes)" if totals.more_unsafe else ""
    if not totals.findings and not totals.more_unsafe and not totals.baselined:
        return f"{head}{nothing(totals)}.{held}{gone}"
    found = plural(totals.findings, "finding")
    if done is not Done.FOUND and totals.fixable:
        found = f"{done} {plural(totals.fixable, 'finding')} in "
        found += plural(totals.files_with_fixes, "file")
        left = totals.findings - totals.fixable
        found += f", {left} left" if left else ""
    known = f", {totals.baselined} in the baseline" if totals.baselined else ""
    return f"{head}{found}{more}{known}, {plural(totals.notes, 'note')}.{held}{gone}"


def nothing(totals: Totals) -> str:
    """Why there is no finding, in words."""
    if totals.awaited < 2 and not (totals.notes or totals.flow or totals.threaded):
        return "nothing to run together: no block awaits two calls"
    if totals.silenced:
        notes = plural(totals.notes, "note")
        return f"no findings, {totals.silenced} silenced by comments or settings, {notes}"
    if not totals.notes and totals.flow and not totals.gain:
        return "nothing to run together: each call needs the one before"
    if not totals.notes:
        return "nothing to run together: no two calls of a block would gain by it"
    if totals.unknown == totals.notes:
        calls = "1 place" if totals.unknown == 1 else f"{totals.unknown} places"
        return f"nothing to run together while the effects of the calls at {calls} are unknown"
    return f"no findings, {plural(totals.notes, 'note')} (--show-blocked says what stands between)"


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A call of unknown effects that holds batches back, where it is met first, what it costs.

    ``batches`` would be unlocked by its declaration, ``alone`` of them by that one only; of the
    time that they would save, each call that has to be declared for it has its share.
    """

    name: str
    filename: str
    cell: int  # of a notebook, else 0
    line: int
    batches: int
    alone: int
    saved_ms: float
    in_pyproject: bool = True

    @property
    def place(self) -> str:
        return f"{self.filename}:{line_text(self.cell, self.line)}"

    @property
    def declaration(self) -> str:
        return declaration(self.name, self.in_pyproject)

    @property
    def cost(self) -> str:
        """What its declaration would unlock, in words."""
        words = f"{plural(self.batches, 'batch', 'batches')}, about {milliseconds(self.saved_ms)}"
        if self.alone == self.batches:
            return words
        others = "declare others of these too"
        return f"{words}; {others}" + (f" for {self.batches - self.alone}" if self.alone else "")


def declaration(name: str, in_pyproject: bool) -> str:
    """TOML to paste; the resource is left for the reader, who alone knows it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        "[[tool.pexec.tools]]" if in_pyproject else "[[tools]]",
        f'match = "{escaped}"',
        'reads = ["…"]  # what it reads; or writes = ["…"], or pure = true',
    ]
    if _METHOD.search(name):
        lines.append(
            '# concurrency = "exclusive"  # if only one call on the object may run at a time'
        )
    return "\n".join(lines)


def ranked(unlocks: Iterable[tuple[str, Unlock]], in_pyproject: bool = True) -> list[Undeclared]:
    """The unknown calls behind (filename, batch) pairs, those that cost most first."""
    first: dict[str, tuple[str, int, int]] = {}
    batches: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    saved: defaultdict[str, float] = defaultdict(float)
    for filename, unlock in unlocks:
        for name, line in unlock.names:
            first.setdefault(name, (filename, unlock.cell, line))
            batches[name] += 1
            alone[name] += len(unlock.names) == 1
            saved[name] += unlock.gain_ms / len(unlock.names)
    found = [
        Undeclared(name, *first[name], batches[name], alone[name], saved[name], in_pyproject)
        for name in first
    ]
    return sorted(found, key=_rank)


def _rank(item: Undeclared) -> tuple[float, int, str, int, int]:
    return (-round(item.saved_ms, 6), -item.batches, item.filename, item.cell, item.line)


def held_back(unlocks: Iterable[Unlock]) -> str:
    """For the summary line: how many batches unknown calls hold back, and what that costs."""
    found = list(unlocks)
    if not found:
        return ""
    saved = milliseconds(sum(unlock.gain_ms for unlock in found))
    names = len({name for unlock in found for name, _ in unlock.names})
    calls = "One call" if names == 1 else f"{names} calls"
    hold = "holds" if names == 1 else "hold"
    batches = plural(len(found), "batch", "batches")
    return f"{calls} that nobody declared {hold} back {batches}, about {saved}."
