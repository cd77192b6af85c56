"""One call of a tool that was timed, and what a line or a value in a trace may be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeGuard, cast


@dataclass(frozen=True, slots=True)
class Timing:
    """One call of a tool that was timed.

    ``tool``: its name as the trace gives it (``get_customer``, ``app.tools.load``, ``Read``);
    ``start`` and ``end``: seconds, any epoch; ``server``: the MCP server or peer, if the trace
    says it. The rest only our own recorder knows: ``file`` (relative to where it ran), ``line``
    and ``column`` (from 1) of the call, and ``activation``, the number of the run of the
    enclosing function (a module's body included) that made the call; 0: unknown.
    """

    tool: str
    start: float
    end: float
    failed: bool = False
    server: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    activation: int = 0


class BadRecord(ValueError):
    """What is wrong with one record of a trace; the reader adds file, line and the way out.

    ``line``: within the record, if it has several and that is known.
    """

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.line = line


class Format(Protocol):
    """Collects the calls that the records of one format tell of."""

    def feed(self, record: dict[str, Any]) -> None:
        """Take in the object of one line. Raises BadRecord."""
        ...

    def timings(self) -> Iterable[Timing]:
        """All calls that both began and ended, once every record was taken in."""
        ...


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def objects(value: object, where: str) -> list[dict[str, Any]]:
    """The objects of a list that may be absent. Raises BadRecord if it is anything else."""
    if value is None:
        return []
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    found = [item for item in items if is_object(item)]
    if len(found) != len(items):
        raise BadRecord(f"`{where}` must be a list of objects")
    return found


def text_of(value: object) -> str:
    """A text, or "" for anything else."""
    return value if isinstance(value, str) else ""


def seconds(value: object, where: str) -> float:
    """A number of seconds, or a text as ISO 8601 has it, in UTC if it names no zone.

    Raises BadRecord.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadRecord(f"`{where}` must be seconds or an ISO 8601 text")
    try:
        number = _of_text(value) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        raise BadRecord(f"`{where}` is no time: {value!r:.60}") from None
    if not math.isfinite(number):
        raise BadRecord(f"`{where}` is no time: {value!r:.60}")
    return number


def _of_text(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
