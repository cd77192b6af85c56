"""Sessions of coding agents: when a tool was asked for, and when its result was written.

Shapes and sources: ``docs/traces.md``. What lies between includes the wait for a person's approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .timing import BadRecord, Timing, is_object, seconds, text_of

_CLAUDE = ("user", "assistant")
_CODEX = ("session_meta", "turn_context", "response_item", "event_msg", "compacted")


def of_claude(record: dict[str, Any]) -> bool:
    """Is this a line of a Claude Code session that holds a message?"""
    return record.get("type") in _CLAUDE and is_object(record.get("message"))


def of_codex(record: dict[str, Any]) -> bool:
    """Is this a line of a Codex rollout?"""
    return record.get("type") in _CODEX and is_object(record.get("payload"))


class Pairs:
    """Calls and results, joined by the identifier that both carry. Sessions that were resumed
    hold lines twice: the first of each counts."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, float]] = {}
        self._answered: dict[str, tuple[float, bool]] = {}

    def asked(self, key: str, tool: str, when: float) -> None:
        self._asked.setdefault(key, (tool, when))

    def answered(self, key: str, when: float, failed: bool) -> None:
        self._answered.setdefault(key, (when, failed))

    def timings(self) -> Iterator[Timing]:
        """A call without a result is left out, and one that a set clock let end before it began."""
        for key, (name, start) in self._asked.items():
            end, failed = self._answered.get(key, (start - 1, False))
            if end >= start:
                server, tool = _split(name)
                yield Timing(tool, start, end, failed, server)


def _split(name: str) -> tuple[str, str]:
    """``mcp__SERVER__TOOL`` → server and tool (Claude Code documentation, "Hooks reference")."""
    prefix, _, rest = name.partition("__")
    server, _, tool = rest.partition("__")
    return (server, tool) if prefix == "mcp" and server and tool else ("", name)


class Claude:
    """Lines of a session: blocks ``tool_use`` and ``tool_result`` in the content of messages."""

    def __init__(self) -> None:
        self._pairs = Pairs()

    def feed(self, record: dict[str, Any]) -> None:
        content: Any = record["message"].get("content") if of_claude(record) else None
        if not isinstance(content, list):
            return  # a text of the user, or a line that holds no message
        for block in filter(is_object, content):  # pyright: ignore[reportUnknownArgumentType]
            if block.get("type") == "tool_use":
                tool = _needed(block, "name")
                self._pairs.asked(_needed(block, "id"), tool, _when(record))
            elif block.get("type") == "tool_result":
                failed = block.get("is_error") is True
                self._pairs.answered(_needed(block, "tool_use_id"), _when(record), failed)

    def timings(self) -> Iterator[Timing]:
        return self._pairs.timings()


class Codex:
    """Lines of a rollout: response items that are calls, and their outputs, by ``call_id``.

    Whether a call failed stands in its output, which is not read.
    """

    def __init__(self) -> None:
        self._pairs = Pairs()

    def feed(self, record: dict[str, Any]) -> None:
        if record.get("type") != "response_item" or not of_codex(record):
            return
        item: dict[str, Any] = record["payload"]
        match item.get("type"):
            case "function_call" | "custom_tool_call":
                self._pairs.asked(_needed(item, "call_id"), _needed(item, "name"), _when(record))
            case "local_shell_call" if item.get("call_id"):
                self._pairs.asked(_needed(item, "call_id"), "local_shell", _when(record))
            case "function_call_output" | "custom_tool_call_output":
                self._pairs.answered(_needed(item, "call_id"), _when(record), False)
            case _:
                pass

    def timings(self) -> Iterator[Timing]:
        return self._pairs.timings()


def _needed(table: dict[str, Any], key: str) -> str:
    if not (value := text_of(table.get(key))):
        raise BadRecord(f"a call or result has no `{key}`")
    return value


def _when(record: dict[str, Any]) -> float:
    if "timestamp" not in record:
        raise BadRecord("a call or result has no `timestamp`; give the file of the session itself")
    return seconds(record["timestamp"], "timestamp")
