"""Says how two runs differ in what must not differ.

The rules are those of the contract (semantics.md §1): ``compare`` for a run that was left alone,
``compare_interrupted`` for one that was cancelled from outside or missed a deadline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .outcome import Outcome
from .schedule import Key, Schedule
from .tools import TOOLS
from .world import freeze

#: The configured bound of every emitted fan-out.
LIMIT = 8

READS = frozenset(name for name, each in TOOLS.items() if each.resource is None)
SAFE = frozenset(name for name in READS if not TOOLS[name].raises)


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a rewrite is wrong; the rest says how to see it again."""

    kind: str
    detail: str
    source: str = ""
    rewritten: str = ""
    world_seed: int = 0
    schedule: Schedule | None = None

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.detail}\n--- original\n{self.source}\n--- rewritten\n"
            f"{self.rewritten}\n--- world {self.world_seed}, {self.schedule}"
        )


def compare(
    original: Outcome, rewritten: Outcome, level: str = "exact", *, late: bool = True
) -> list[Difference]:
    """What the rewrite does otherwise, for two runs of one schedule that nothing interrupted.

    ``level``: *exact*; *on-success* (later independent writes may have happened in a run where a
    call fails); *ending* (exact, in a program that a failure ends: the exception may be another of
    the failures of this run, and reads may still be ending). ``late = False`` does not ask which
    one is faster.
    """
    found = list(_compare(original, rewritten, level, late))
    return [Difference(kind, detail) for kind, detail in found]


def _compare(old: Outcome, new: Outcome, level: str, late: bool) -> Iterator[tuple[str, str]]:
    ending = level == "ending" and old.kind != "value"
    if ending:
        errors = {f"{call.key[0]} {call.key[1]}" for call in new.calls if call.how == "failed"}
        if new.kind == "value" or not any(freeze(text) in new.error for text in errors):
            yield "exception", f"{old.error or old.kind} became {new.error or new.kind}"
    else:
        if old.kind != new.kind or old.error != new.error:
            yield "exception", f"{old.error or old.kind} became {new.error or new.kind}"
        elif old.origin not in (new.origin, new.origin.rpartition(".<locals>.")[0]):
            # What moved into a function inside the one that it stood in is raised there.
            yield "traceback", f"raised in {old.origin}, now in {new.origin}"
        for kind in ("result", "box", "variables"):
            if getattr(old, kind) != getattr(new, kind):
                yield kind, f"{getattr(old, kind)} became {getattr(new, kind)}"
    if old.stdout != new.stdout and not ending:
        yield "stdout", f"{old.stdout} became {new.stdout}"
    if not old.failed and sorted(old.log) != sorted(new.log):
        yield "log", f"{old.log} became {new.log}"
    yield from _compare_writes(old, new, level)
    yield from _compare_calls(old, new, level)
    yield from _compare_barriers(old, new)
    yield from _discipline(old, new, ending)
    if late and new.time > old.time:
        yield "later", f"ended at {old.time}, now at {new.time}"


def _compare_writes(old: Outcome, new: Outcome, level: str) -> Iterator[tuple[str, str]]:
    before, after = old.written(not old.failed), new.written(not old.failed)
    if level == "on-success" and old.failed:
        for resource, expected in before.items():
            if not _subsequence(expected, after.get(resource, [])):
                yield "writes", f"{resource}: {expected} became {after.get(resource)}"
        return
    for resource in sorted(before.keys() | after.keys()):
        if before.get(resource) != after.get(resource):
            yield "writes", f"{resource}: {before.get(resource)} became {after.get(resource)}"
    if old.state != new.state:
        yield "state", f"{old.state} became {new.state}"


def _compare_calls(old: Outcome, new: Outcome, level: str) -> Iterator[tuple[str, str]]:
    before, after = _answers(old), _answers(new)
    for key, answers in before.items():
        if old.argument_error and new.own_error and key not in after and harmless(key):
            continue  # a read before the arguments that raised: it need not have been started (§4)
        if answers != after.get(key):
            yield "call", f"{key}: {answers} became {after.get(key)}"
    for key in after.keys() - before.keys():
        # What had no business to run: fine only for what may be in vain, and only after a failure.
        if not (old.failed and (harmless(key) or level == "on-success")):
            yield "extra call", f"{key}"


def harmless(key: Key) -> bool:
    """Whether a call may be made in vain: it reads, or is declared speculative."""
    name = key[0]
    return name in READS or name in ("Client.get", "Session.fetch") or TOOLS[name].vain


def _answers(outcome: Outcome) -> dict[Key, list[str]]:
    found: dict[Key, list[str]] = {}
    for call in outcome.calls:
        found.setdefault(call.key, []).append(f"{call.how} {call.answer}".strip())
    return {key: sorted(answers) for key, answers in found.items()}


def _compare_barriers(old: Outcome, new: Outcome) -> Iterator[tuple[str, str]]:
    known = {call.key for call in old.calls}
    if old.argument_error and new.own_error:
        known &= {call.key for call in new.calls}

    def shown(outcome: Outcome) -> list[tuple[str, str, list[tuple[Key, int]]]]:
        return [
            (mark.word, mark.what, sorted(item for item in mark.started if item[0] in known))
            for mark in outcome.barriers
        ]

    before, after = shown(old), shown(new)
    for one, other in zip(before, after, strict=False):
        if one != other:
            yield "barrier", f"{one} became {other}"
            return
    if len(before) != len(after):
        yield "barrier", f"{len(before)} barriers became {len(after)}"
    for one, other in zip(old.barriers, new.barriers, strict=False):
        # `ticks` is itself a call, and is under way when it looks.
        running = [key for key in other.live if key not in one.live]
        if running:
            yield "barrier", f"{running} still running at {other.word} {other.what}"


def _discipline(old: Outcome, new: Outcome, ending: bool = False) -> Iterator[tuple[str, str]]:
    """What holds however a run ends: nothing runs on, no handle is misused, nothing forgotten."""
    # A cancelled `gather` of reads that cannot fail may still be ending unwatched (§5, plain, a).
    harmless = new.interrupted and set(new.running) <= SAFE and len(new.tasks) <= len(new.running)
    if not (ending or harmless) and (new.running or new.tasks):
        yield "running", f"still running at the end: {new.running} in {new.tasks}"
    if extra := [text for text in new.violations if text not in old.violations]:
        yield "violation", "; ".join(extra)
    if extra := [text for text in new.complaints if text not in old.complaints]:
        yield "complaint", "; ".join(extra)
    if new.kind in ("deadlock", "livelock") and old.kind != new.kind:
        yield new.kind, "the original ended"
    if new.peak > max(LIMIT, old.peak):
        yield "fan-out", f"{new.peak} calls at once"


def compare_interrupted(
    full: Outcome, old: Outcome, new: Outcome, level: str = "exact", *, slow: bool = False
) -> list[Difference]:
    """The same for a schedule that interrupts; ``full`` is the original without interruption.

    Where the original was not interrupted the rewrite may not be either (unless cancelled calls
    are ``slow`` to end: the rewrite has some to wait for that the original never began). Where it
    was, the rewrite may have come through, and is then like ``full``. Otherwise it is drained, has
    done no write that the original would not have done, and has kept what the original kept.
    """
    if not old.interrupted and not (slow and new.interrupted):
        return compare(old, new, level, late=not slow)
    if not new.interrupted:
        return compare(full, new, level, late=False)
    return [Difference(kind, detail) for kind, detail in _interrupted(full, old, new, level)]


def _interrupted(
    full: Outcome, old: Outcome, new: Outcome, level: str
) -> Iterator[tuple[str, str]]:
    yield from _discipline(old, new)
    # What still runs after the cancellation (a `finally`) may fail in its place.
    instead = any(
        call.how == "failed" and call.started >= new.cut_at and call.key[0] in new.error
        for call in new.calls
    )
    if old.kind == "cancelled" and new.kind != "cancelled" and not (new.cut and instead):
        yield "exception", f"the cancellation became {new.error or new.kind}"
    # Cut short after one of its own deadlines, each may have come another way.
    apart = (old.cut or new.cut) and (old.expired or new.expired)
    if not apart and not _subsequence(old.stdout, new.stdout):
        yield "stdout", f"{old.stdout} became {new.stdout}"
    allowed = _writes(full) | _writes(old)
    later = level == "on-success" and full.failed
    if not later and set(new.expired) <= set(old.expired) and (extra := _writes(new) - allowed):
        yield "writes", f"not in the uncancelled run: {sorted(extra)}"
    if (
        not apart
        and (old.kind, old.time) == (new.kind, new.time)
        and (gone := _writes(old) - _writes(new))
    ):
        yield "writes", f"no longer done in time: {sorted(gone)}"
    lists = dict(new.kept)
    for name, items in old.kept:
        if items != lists.get(name, ())[: len(items)]:
            yield "box", f"{name} had kept {items}, now {lists.get(name)}"
    if gone := {name for name, _ in old.box} - {name for name, _ in new.box}:
        yield "box", f"no longer kept: {sorted(gone)}"


def _writes(outcome: Outcome) -> Counter[tuple[str, str, str]]:
    return Counter(
        (each.resource, each.tool, each.what) for each in outcome.writes if not each.vain
    )


def _subsequence(part: Any, whole: Any) -> bool:
    rest = iter(whole)
    return all(item in rest for item in part)
