"""What is said of the calls of a block that stay where they are: the nearest edge, or too little
gain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .edges import Edge, EdgeKind
from .effects.selector import Name
from .footprint import Footprint, Footprints
from .ir import Call, Invoke, Statement
from .limits import shared, words_of
from .members import awaited_in
from .schedule import Region, Row, Start


@dataclass(frozen=True, slots=True)
class Note:
    """An awaited call that stays behind an earlier one, and the edge that holds it there.

    ``call``: which call of its statement, where that awaits several.
    """

    statement: Statement
    name: str
    earlier: Statement
    edge: Edge
    call: Call | None = None


class BlockNotes:
    """The notes of the blocks of one module."""

    def __init__(self, footprints: Footprints) -> None:
        self.footprints = footprints
        self.inference = footprints.inference
        self.config = footprints.config

    def notes(
        self,
        statements: Sequence[Statement],
        rows: Sequence[Row],
        found: Sequence[Region],
        forbidden: Edge | None,
    ) -> Iterator[Note]:
        """A note for each call that stays behind an earlier one; ``found``: what runs together."""
        moved = {m.key for r in found for m in r.moved}
        covered = {i for r in found for i in range(r.first, r.last + 1)}
        previous: int | None = None
        for i, row in enumerate(rows):
            if not awaits(statements[i]):
                continue
            start = row.starts[0]
            if (
                previous is not None
                and (i, 0) not in moved
                and not (i in covered and previous in covered)
            ):
                edge = forbidden or self._nearest(start, previous)
                edge = edge or self._no_gain(statements, rows, i, previous)
                if edge.kind is EdgeKind.UNKNOWN:
                    edge = self._needed(statements, previous, i) or edge
                if start.member is not None or start.edge is not None or forbidden is not None:
                    name = start.member.facts.name if start.member else self._name(statements[i])
                    yield Note(statements[i], name, statements[previous], edge)
            for ordinal, later in enumerate(row.several[1:], 1):
                call = awaited_in(statements[i])[ordinal][1]
                if (i, ordinal) not in moved and not _waits_first(call):
                    edge = forbidden or self._nearest(later, i)
                    edge = edge or self._no_gain_within(statements[i], row, ordinal)
                    name = self.inference.facts(call).name
                    yield Note(statements[i], name, statements[i], edge, call)
            previous = i

    @staticmethod
    def _nearest(start: Start, previous: int) -> Edge | None:
        """The edge that keeps a call behind an earlier statement; further up, others may."""
        if start.member is None or start.limit > previous:
            return start.edge
        return start.early if start.member.risks and start.strict > previous else None

    def _no_gain_within(self, statement: Statement, row: Row, ordinal: int) -> Edge:
        """Why a call stays behind an earlier one of its own statement, if no edge holds it."""
        line = statement.span.line
        start = row.several[ordinal]
        if not row.solo:
            return Edge(EdgeKind.CONTROL, "it shares its line with another statement", line)
        if start.member is not None and start.member.risks and row.risk:
            words = f"its arguments may raise, and so may line {line} before"
            return Edge(EdgeKind.FAILURE, words, line)
        limit = shared(row.several[ordinal - 1].limits, start.limits)
        if limit is not None:
            return Edge(EdgeKind.GAIN, words_of(limit), line)
        return Edge(EdgeKind.GAIN, f"it would not save {self.config.min_gain_ms:g} ms", line)

    def _needed(self, statements: Sequence[Statement], previous: int, i: int) -> Edge | None:
        """A flow edge if the call needs the earlier call's result: then no declaration helps."""
        calls = [e.call for e in statements[i].events if isinstance(e, Invoke) and e.call.awaited]
        if not calls:
            return None
        needed = _names(self.footprints.of_events(calls[0].setup), writes=False)
        for k in range(i - 1, previous - 1, -1):
            defined = _names(self.footprints.of(statements[k]), writes=True)
            if defined & needed:
                if k == previous:
                    name = min(defined & needed).rpartition(":")[2]
                    line = statements[k].span.line
                    words = f"`{self._name(statements[i])}` needs `{name}` of line {line}"
                    return Edge(EdgeKind.FLOW, words, line)
                needed |= _names(self.footprints.of(statements[k]), writes=False)
        return None

    def _no_gain(
        self, statements: Sequence[Statement], rows: Sequence[Row], i: int, previous: int
    ) -> Edge:
        row = rows[i]
        if row.starts[0].member is None:
            words = "it awaits several calls, or in a nested block"
            return Edge(EdgeKind.GAIN, words, statements[previous].span.line)
        line = statements[previous].span.line
        if not row.solo or not statements[previous].solo:
            return Edge(EdgeKind.CONTROL, "it shares its line with another statement", line)
        firm = [k for k in range(previous, i) if rows[k].risk and not rows[k].nameable]
        if row.starts[0].member.risks and firm:
            other = statements[firm[0]].span.line
            words = f"its arguments may raise, and so may line {other}, which is first"
            return Edge(EdgeKind.FAILURE, words, other)
        limit = shared(rows[previous].only.limits, row.only.limits)
        if limit is not None:
            return Edge(EdgeKind.GAIN, words_of(limit), line)
        before = self.footprints.of(statements[previous])
        saved = min(row.waits, self.footprints.waits(before.calls))
        if row.starts[0].limit <= previous and saved >= self.config.min_gain_ms:
            words = f"beside line {line} it would gain less than the batches that are made instead"
            return Edge(EdgeKind.GAIN, words, line)
        words = f"run beside line {line} it would not save {self.config.min_gain_ms:g} ms"
        return Edge(EdgeKind.GAIN, words, line)

    def _name(self, statement: Statement) -> str:
        for event in statement.events:
            if isinstance(event, Invoke) and event.call.awaited:
                return self.inference.facts(event.call).name
        return "await"


def _names(footprint: Footprint, *, writes: bool) -> set[str]:
    return {
        e.resource.selector.symbol
        for e in footprint.effects
        if e.writes == writes and isinstance(e.resource.selector, Name)
    }


def awaits(statement: Statement) -> int:
    """How many calls a statement awaits, those in its blocks included."""
    return sum(isinstance(e, Invoke) and e.call.awaited for e in statement.events)


def _waits_first(call: Call) -> bool:
    """Is another call awaited for what it is called on, or handed?"""
    return any(isinstance(e, Invoke) and e.call.awaited for e in call.setup)
