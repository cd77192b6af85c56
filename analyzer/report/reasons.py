"""What keeps calls in their order, counted by the kind of edge, in words for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..engine import Analyzed
from .summary import UNKNOWN

#: What stands in the way, by the kind of edge (contract §3).
REASONS = {
    "flow": "need the result of a call before them",
    "anti": "change what a statement before them uses",
    "output": "change what a statement before them changes too",
    "effect": "touch what a call before them writes, or write what it reads",
    "unknown": "are, or stand behind, a call of unknown effects",
    "exclusive": "use a handle that takes one call at a time",
    "lock": "take locks, and could wait for each other",
    "affine": "must stay in their task, or stand behind one that must",
    "clock": "read the clock, or stand behind such a read",
    "sleep": "sleep, or stand behind a pause",
    "control": "stand behind a guard, a loop's exit or another change of control",
    "failure": "must not run if what is before them fails",
    "framework": "are in a framework that needs their order",
    "manager": "are inside a `with` that may be a lock or a transaction",
    "fan-out": "are made for all elements at once, perhaps without a bound",
    "order": "run at once already, and may touch one thing",
    "gain": "would gain too little",
    "validator": "were left alone because the rewrite failed its check",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """How many calls one kind of edge holds in place; ``names`` are the commonest unknown calls."""

    kind: str
    count: int
    words: str
    names: tuple[str, ...] = ()


def reasons_of(results: Iterable[Analyzed], code: str | None = None) -> tuple[Reason, ...]:
    """The notes of all files (of one rule, if ``code`` is given) by kind, commonest first."""
    pairs = [
        (r, n)
        for r in results
        for n in r.blocked
        if n.code == code or (code is None and not n.code.startswith("PX2"))  # in no order
    ]
    unknown = dict.fromkeys(
        (name, r.filename, line)
        for r, n in pairs
        if n.kind == UNKNOWN
        for name, line in n.undeclared
    )
    names = Counter(name for name, _, _ in unknown)
    return tuple(
        Reason(
            kind,
            count,
            REASONS.get(kind, kind),
            tuple(name for name, _ in names.most_common(3)) if kind == UNKNOWN else (),
        )
        for kind, count in Counter(n.kind for _, n in pairs).most_common()
    )


def reason_lines(reasons: Sequence[Reason]) -> list[str]:
    """The reasons as lines of text under a heading; [] if there are none."""
    if not reasons:
        return []
    wide = max(len(str(reason.count)) for reason in reasons)
    lines = ["What keeps the other calls in their order:"]
    for reason in reasons:
        names = f": {', '.join(f'`{n}`' for n in reason.names)}" if reason.names else ""
        lines.append(f"  {str(reason.count).rjust(wide)}  {reason.words}{names}")
    return lines


def reason_objects(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    """The reasons as JSON objects."""
    return [
        {"kind": r.kind, "count": r.count, "reason": r.words, "undeclared": list(r.names)}
        for r in reasons
    ]
