"""JSON lines of ``{"tool", "start", "end"}``: what our recorder writes, and anybody can."""

from __future__ import annotations

from typing import Any

from .timing import BadRecord, Timing, seconds


def plain(record: dict[str, Any]) -> bool:
    """Is this record a call of this format?"""
    return "tool" in record and ("start" in record or "end" in record)


class Plain:
    """Each record is one call."""

    def __init__(self) -> None:
        self._found: list[Timing] = []

    def feed(self, record: dict[str, Any]) -> None:
        for key in ("tool", "start", "end"):
            if key not in record:
                raise BadRecord(f"there is no `{key}`")
        start, end = seconds(record["start"], "start"), seconds(record["end"], "end")
        if end < start:
            raise BadRecord("`end` is before `start`")
        if not (tool := _text(record, "tool")):
            raise BadRecord("`tool` is empty")
        failed: object = record.get("failed", False)
        if not isinstance(failed, bool):
            raise BadRecord("`failed` must be true or false")
        self._found.append(
            Timing(
                tool,
                start,
                end,
                failed,
                _text(record, "server"),
                _text(record, "file"),
                *(_whole(record, key) for key in ("line", "column", "activation")),
            )
        )

    def timings(self) -> list[Timing]:
        return self._found


def _text(record: dict[str, Any], key: str) -> str:
    value: object = record.get(key, "")
    if not isinstance(value, str):
        raise BadRecord(f"`{key}` must be a text")
    return value


def _whole(record: dict[str, Any], key: str) -> int:
    value: object = record.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadRecord(f"`{key}` must be a whole number from 0")
    return value
