"""OTLP/JSON: exports of OpenTelemetry spans that are calls of tools.

Which attributes say so, with their sources, is listed in ``docs/traces.md``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .timing import BadRecord, Timing, is_object, objects, text_of

_OTHER_SIGNALS = ("resourceLogs", "resourceMetrics", "resourceProfiles")
_HEX = re.compile(r"[0-9a-fA-F]*\Z")
_SERVER = (2, "SPAN_KIND_SERVER")
_ERROR = (2, "STATUS_CODE_ERROR")
#: How many spans a duplicate may lie below the span that it repeats. Instrumentations nest a few.
_NEAR = 100
#: The only attributes that are looked at.
_READ = frozenset(
    {
        "error.type",
        "gen_ai.operation.name",
        "gen_ai.tool.name",
        "mcp.method.name",
        "openinference.span.kind",
        "server.address",
        "service.name",
        "tool.name",
        "traceloop.entity.name",
        "traceloop.span.kind",
    }
)

Key = tuple[str, str]  # trace and span


@dataclass(frozen=True, slots=True)
class _Called:
    key: Key
    timing: Timing


def of_otlp(record: dict[str, Any]) -> bool:
    """Is this the export of spans?"""
    return "resourceSpans" in record


class Otlp:
    """Spans of one file. A call that several instrumentations tell of counts once."""

    def __init__(self) -> None:
        self._parents: dict[Key, Key] = {}
        self._calls: dict[Key, _Called] = {}

    def feed(self, record: dict[str, Any]) -> None:
        if not of_otlp(record) and not any(key in record for key in _OTHER_SIGNALS) and record:
            raise BadRecord("there is no `resourceSpans`")
        for resource in objects(record.get("resourceSpans"), "resourceSpans"):
            about = resource.get("resource")
            service = _attributes(about).get("service.name", "") if is_object(about) else ""
            for scope in objects(resource.get("scopeSpans"), "scopeSpans"):
                for span in objects(scope.get("spans"), "spans"):
                    self._span(span, service)

    def _span(self, span: dict[str, Any], service: str) -> None:
        trace = _identifier(span.get("traceId"))
        key, parent = (
            (trace, _identifier(span.get("spanId"))),
            _identifier(span.get("parentSpanId")),
        )
        if not trace or not key[1]:
            raise BadRecord("a span has no `traceId` or no `spanId`")
        if parent.strip("0"):
            self._parents[key] = (trace, parent)
        attributes = _attributes(span)
        if not (tool := _tool(attributes, text_of(span.get("name")))):
            return
        start = _nanoseconds(span, "startTimeUnixNano")
        end = _nanoseconds(span, "endTimeUnixNano")
        if end < start:
            return  # 0: the span had not ended when it was exported
        status = span.get("status")
        code: object = status.get("code") if is_object(status) else None
        failed = code in _ERROR or bool(attributes.get("error.type"))
        server = attributes.get("server.address", "")
        if "mcp.method.name" in attributes and span.get("kind") in _SERVER:
            # The span is the server's own, and so is the resource. The SDKs have a name for it
            # where none was given.
            server = "" if service.startswith("unknown_service") else service
        timing = Timing(tool, start / 1e9, end / 1e9, failed, server)
        self._calls[key] = _Called(key, timing)  # a retried export sends a span again

    def timings(self) -> Iterator[Timing]:
        """The outermost span of each call. What lies within it may know better: a client that is
        handed an error as a result does not call it one, and only a server knows its name."""
        inner: dict[Key, list[_Called]] = {}
        for called in self._calls.values():
            inner.setdefault(self._outermost(called).key, []).append(called)
        for key, duplicates in inner.items():
            timing = self._calls[key].timing
            duplicates.sort(key=lambda d: (d.timing.start, -d.timing.end))
            last = duplicates[-1].timing
            servers = (d.timing.server for d in duplicates if d.timing.server)
            yield replace(
                timing,
                failed=timing.failed or last.failed,
                server=timing.server or next(servers, ""),
            )

    def _outermost(self, called: _Called) -> _Called:
        """The highest span above this one that tells of the same tool, or this one."""
        found, key = called, called.key
        for _ in range(_NEAR):
            above = self._parents.get(key)
            if above is None or above == called.key:
                break
            key = above
            outer = self._calls.get(key)
            if outer is not None and outer.timing.tool == called.timing.tool:
                found = outer
        return found


def _tool(attributes: dict[str, str], name: str) -> str:
    """The tool whose call a span is, or ""."""
    tool = attributes.get("gen_ai.tool.name", "")
    method = attributes.get("mcp.method.name")
    if method is not None:
        # OpenTelemetry's conventions name the span `tools/call NAME`; the MCP SDK for Python says
        # `MCP send tools/call NAME`.
        named = name.partition("tools/call ")[2]
        return tool or named if method == "tools/call" else ""
    if attributes.get("gen_ai.operation.name") == "execute_tool":
        return tool or name.removeprefix("execute_tool ")
    if attributes.get("openinference.span.kind", "").upper() == "TOOL":
        return attributes.get("tool.name") or tool or name
    if attributes.get("traceloop.span.kind") == "tool":
        return attributes.get("traceloop.entity.name") or tool or name.removesuffix(".tool")
    return ""


def _attributes(holder: dict[str, Any]) -> dict[str, str]:
    """The texts among the attributes that are looked at."""
    found: dict[str, str] = {}
    for pair in objects(holder.get("attributes"), "attributes"):
        key, value = pair.get("key"), pair.get("value")
        if isinstance(key, str) and key in _READ and is_object(value):
            found[key] = text_of(value.get("stringValue"))
    return found


def _identifier(value: object) -> str:
    """Hexadecimal, as the protocol says, or the base64 of protobuf's own JSON."""
    text = text_of(value)
    if len(text) in (16, 32) and _HEX.match(text):
        return text.lower()
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return text


def _nanoseconds(span: dict[str, Any], key: str) -> int:
    value: object = span.get(key, 0)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    raise BadRecord(f"`{key}` of a span must be nanoseconds")
