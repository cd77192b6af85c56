"""``--statistics``: findings by rule with what they would save, and why there are not more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..codes import RULES
from ..engine import Analyzed, Finding
from ..findings import milliseconds
from .jsonform import dump, gain_object
from .paint import Paint
from .reasons import Reason, reason_lines, reason_objects, reasons_of


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: how many findings it has, how many of them a fix, their times, its notes."""

    code: str
    count: int
    fixable: int
    sequential_ms: float
    parallel_ms: float
    reasons: tuple[Reason, ...]


def rows_of(results: Sequence[Analyzed]) -> list[Row]:
    """The rules with findings or notes, those with the most findings first."""
    rows: list[Row] = []
    for code in RULES:
        found = [f for r in results for f in r.reported if f.code == code]
        timed = [f for f in found if isinstance(f, Finding)]
        reasons = reasons_of(results, code)
        if found or reasons:
            rows.append(
                Row(
                    code,
                    len(found),
                    sum(f.fix is not None for f in found),
                    sum(f.sequential_ms for f in timed),
                    sum(f.parallel_ms for f in timed),
                    reasons,
                )
            )
    return sorted(rows, key=lambda row: (-row.count, row.code))


def statistics_text(results: Sequence[Analyzed], paint: Paint) -> str:
    """A line per rule with findings, as ruff prints it, and the reasons of all notes; "" if none.

    ``[*]``: all can be fixed; ``[-]``: some; ``[ ]``: none.
    """
    rows = [row for row in rows_of(results) if row.count]
    wide = max((len(str(row.count)) for row in rows), default=0)
    names = max((len(RULES[row.code]) for row in rows), default=0)
    lines: list[str] = []
    for row in rows:
        sign = "*" if row.fixable == row.count else "-" if row.fixable else " "
        mark = f"[{paint.fixable(sign)}]"
        gain = row.sequential_ms - row.parallel_ms
        saved = f"  gain: about {milliseconds(gain)}" if gain else ""
        count = paint.place(str(row.count).rjust(wide))
        name = RULES[row.code].ljust(names) if saved else RULES[row.code]
        lines.append(f"{count}  {paint.code(row.code)}  {mark}  {name}{saved}")
    reasons = reason_lines(reasons_of(results))
    return "\n".join([*lines, *([""] if lines and reasons else []), *reasons])


def statistics_json(results: Sequence[Analyzed]) -> str:
    """ruff's fields, the times, and under ``blocked`` the rule's notes by reason.

    A rule with notes and no findings is in the list, with a count of 0.
    """
    return dump(
        [
            {
                "code": row.code,
                "name": RULES[row.code],
                "count": row.count,
                "fixable": row.fixable > 0,
                "fixable_count": row.fixable,
                "gain": gain_object(row.sequential_ms, row.parallel_ms),
                "blocked": reason_objects(row.reasons),
            }
            for row in rows_of(results)
        ]
    )
