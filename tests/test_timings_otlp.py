"""Exports of spans: what OpenTelemetry's own exporters write, and spans of other libraries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry.exporter.otlp.json.file import FileSpanExporter
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from pexec.analyzer.config import ConfigError
from pexec.analyzer.timings import Timing, read_timings

MS = 1_000_000
EXECUTE = {"gen_ai.operation.name": "execute_tool"}
SECRET = {"gen_ai.tool.call.arguments": '{"key": "secret"}', "gen_ai.tool.call.result": "secret"}


@contextmanager
def span(
    tracer: Tracer, name: str, ms: tuple[int, int], kind: SpanKind = SpanKind.INTERNAL, **more: Any
) -> Iterator[Any]:
    opened = tracer.start_as_current_span(
        name, kind=kind, start_time=ms[0] * MS, attributes=more.get("of"), end_on_exit=False
    )
    with opened as current:
        yield current
        if more.get("error"):
            current.set_status(Status(StatusCode.ERROR))
        current.end(ms[1] * MS)


def an_agent(tracer: Tracer) -> None:
    """A turn of an agent in which tools are called, by the names of several conventions."""
    client = {"mcp.method.name": "tools/call", "server.address": "crm.example.com"}
    sdk = {"mcp.method.name": "tools/call", "jsonrpc.request.id": "1"}
    server = {**EXECUTE, "mcp.method.name": "tools/call", "gen_ai.tool.name": "get_customer"}
    with span(tracer, "invoke_agent", (0, 1000)):
        one = {**EXECUTE, "gen_ai.tool.name": "get_customer", **SECRET}
        with (
            span(tracer, "execute_tool get_customer", (10, 200), of=one),
            span(tracer, "retry", (11, 199)),
            span(tracer, "tools/call get_customer", (20, 190), SpanKind.CLIENT, of=client),
            span(tracer, "tools/call get_customer", (30, 180), SpanKind.SERVER, of=server),
        ):
            pass
        with span(tracer, "MCP send tools/call search", (200, 300), SpanKind.CLIENT, of=sdk):
            of = {**server, "gen_ai.tool.name": "search", "error.type": "tool_error"}
            with span(tracer, "tools/call search", (210, 290), SpanKind.SERVER, of=of, error=True):
                pass
        with span(tracer, "MCP send initialize", (0, 9), of={"mcp.method.name": "initialize"}):
            pass
        of = {"openinference.span.kind": "TOOL", "tool.name": "lookup", "input.value": "secret"}
        with span(tracer, "lookup", (300, 350), of=of):
            pass
        of = {"traceloop.span.kind": "tool", "traceloop.entity.name": "fetch"}
        with span(tracer, "fetch.tool", (350, 400), of=of, error=True):
            pass
        of = {"openinference.span.kind": "LLM", "traceloop.span.kind": "workflow"}
        with span(tracer, "chat", (400, 900), of=of):
            pass


EXPECTED = {
    Timing("get_customer", 0.010, 0.200, server="crm.example.com"),
    Timing("search", 0.200, 0.300, failed=True, server="office"),
    Timing("lookup", 0.300, 0.350),
    Timing("fetch", 0.350, 0.400, failed=True),
}


@pytest.fixture
def exported() -> tuple[ReadableSpan, ...]:
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "office"}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    an_agent(provider.get_tracer("test"))
    return memory.get_finished_spans()


def test_the_file_exporter(tmp_path: Path) -> None:
    """One line for each export, as the collector's file exporter writes them too."""
    path = tmp_path / "spans.jsonl"
    provider = TracerProvider(resource=Resource({"service.name": "office"}))
    exporter = FileSpanExporter(path)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    an_agent(provider.get_tracer("test"))
    provider.shutdown()
    assert len(path.read_text().splitlines()) > 5
    assert set(read_timings(path)) == EXPECTED


@pytest.mark.parametrize("indent", [None, 2])
def test_protobuf_as_json(
    exported: tuple[ReadableSpan, ...], tmp_path: Path, indent: int | None
) -> None:
    """Identifiers in base64 and kinds as words: what protobuf's own JSON form is."""
    path = tmp_path / "spans.json"
    text = MessageToJson(encode_spans(exported), indent=indent)
    assert '"SPAN_KIND_CLIENT"' in text
    path.write_text(text)
    found = read_timings(path)
    assert set(found) == EXPECTED
    assert len(found) == len(EXPECTED)


# -- by hand -----------------------------------------------------------------------------------


def a_span(number: int, parent: int = 0, tool: str = "get", **more: Any) -> dict[str, Any]:
    attributes = {**EXECUTE, "gen_ai.tool.name": tool} | more.pop("of", {})
    return {
        "traceId": "0" * 31 + "1",
        "spanId": f"{number:016X}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": f"execute_tool {tool}",
        "startTimeUnixNano": str(number * MS),
        "endTimeUnixNano": 2000 * MS,
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()],
    } | more


def put(folder: Path, *spans: dict[str, Any]) -> Path:
    path = folder / "spans.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
    return path


def starts(folder: Path, *spans: dict[str, Any]) -> list[int]:
    return [round(t.start * 1000) for t in read_timings(put(folder, *spans))]


def test_what_is_nested_counts_once(tmp_path: Path) -> None:
    assert starts(tmp_path, a_span(1), a_span(2, 1)) == [1]
    assert starts(tmp_path, a_span(2, 1), a_span(1)) == [1]  # inner spans end, and are sent, first
    assert starts(tmp_path, a_span(1), a_span(2, 1, tool="other")) == [1, 2]
    assert starts(tmp_path, a_span(1), a_span(2, 1, traceId="1" * 32)) == [1, 2]
    assert starts(tmp_path, a_span(1), a_span(2, 7)) == [1, 2]  # its parent is not in the file
    between = a_span(2, 1, of={"gen_ai.operation.name": "chat"})
    assert starts(tmp_path, a_span(1), between, a_span(3, 2)) == [1]
    assert starts(tmp_path, a_span(1), a_span(2), a_span(2)) == [1, 2]  # a repeated export


def test_hostile_parents(tmp_path: Path) -> None:
    assert starts(tmp_path, a_span(1, 1)) == [1]
    assert len(starts(tmp_path, a_span(1, 2), a_span(2, 1))) == 2
    chain = [a_span(n, n - 1) for n in range(1, 1500)]
    assert 1 in starts(tmp_path, *chain)


def test_failed_attempts_within_a_call(tmp_path: Path) -> None:
    bad, good = {"status": {"code": 2}}, {"status": {}}
    (timing,) = read_timings(put(tmp_path, a_span(1), a_span(2, 1, **bad), a_span(3, 1, **good)))
    assert not timing.failed
    (timing,) = read_timings(put(tmp_path, a_span(1), a_span(2, 1, **good), a_span(3, 1, **bad)))
    assert timing.failed


def test_spans_that_did_not_end_are_left_out(tmp_path: Path) -> None:
    unfinished = a_span(2)
    del unfinished["endTimeUnixNano"]
    assert starts(tmp_path, a_span(1), unfinished, a_span(3, endTimeUnixNano="0")) == [1]


def test_other_signals_in_the_same_file(tmp_path: Path) -> None:
    path = put(tmp_path, a_span(1))
    path.write_text("{}\n" + path.read_text() + '\n{"resourceLogs": []}\n{"resourceMetrics": []}\n')
    assert len(read_timings(path)) == 1
    path.write_text(path.read_text() + '{"tool": "a", "start": 1, "end": 2}\n')
    with pytest.raises(ConfigError, match=":5: there is no `resourceSpans`"):
        read_timings(path)


BAD = {
    "no list": ({"resourceSpans": {}}, "`resourceSpans` must be a list of objects"),
    "numbers": ({"resourceSpans": [1]}, "`resourceSpans` must be a list of objects"),
    "spans": ({"resourceSpans": [{"scopeSpans": [{"spans": [None]}]}]}, "`spans` must be a list"),
    "identifier": (a_span(1, traceId=None), "a span has no `traceId`"),
    "time": (a_span(1, startTimeUnixNano=1.5), "`startTimeUnixNano` of a span"),
    "negative": (a_span(1, startTimeUnixNano="-5"), "`startTimeUnixNano` of a span"),
    "digits": (a_span(1, endTimeUnixNano="9" * 5000), "`endTimeUnixNano` of a span"),
    "attributes": (a_span(1, attributes=[[]]), "`attributes` must be a list of objects"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_exports(name: str, tmp_path: Path) -> None:
    record, cause = BAD[name]
    path = put(tmp_path, record)
    if "resourceSpans" in record:
        path.write_text(json.dumps(record))
    with pytest.raises(ConfigError) as caught:
        read_timings(path)
    assert str(caught.value).startswith(f"{path}:1: {cause}")
