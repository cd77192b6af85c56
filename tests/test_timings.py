"""Traces are read into calls that were timed: formats by hand, hostile files, round trips."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pexec.analyzer.config import ConfigError
from pexec.analyzer.timings import Timing, read_timings


def put(folder: Path, *lines: object, end: str = "\n") -> Path:
    path = folder / "trace.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + end, encoding="utf-8", newline="")
    return path


# -- JSON lines --------------------------------------------------------------------------------


def test_plain_lines(tmp_path: Path) -> None:
    first = {"tool": "get", "start": 1, "end": 2.5}
    second: dict[str, Any] = {"tool": "app.load", "start": "2026-03-01T10:00:00Z"}
    second |= {"end": "2026-03-01T12:00:00.250+02:00", "failed": True, "server": "crm"}
    second |= {"file": "app/a.py", "line": 3, "column": 5, "activation": 7, "more": {"a": 1}}
    one, two = read_timings(put(tmp_path, first, "", second))
    assert one == Timing("get", 1.0, 2.5)
    assert two.end - two.start == 0.25
    assert two.start == 1772359200
    assert (two.failed, two.server) == (True, "crm")
    assert (two.file, two.line, two.column, two.activation) == ("app/a.py", 3, 5, 7)


_texts = st.text(st.characters(codec="utf-8"), max_size=20)
_times = st.floats(0, 4e9, allow_nan=False)
_timings = st.builds(
    lambda tool, times, failed, server, file, numbers: Timing(
        tool, min(times), max(times), failed, server, file, *numbers
    ),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    st.tuples(_times, _times),
    st.booleans(),
    _texts,
    _texts,
    st.tuples(*[st.integers(0, 2**40)] * 3),
)


@given(st.lists(_timings, max_size=5), st.booleans(), st.booleans())
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, timings: list[Timing], ascii: bool, cut: bool
) -> None:
    path = tmp_path_factory.mktemp("trace") / "trace.jsonl"
    lines = [json.dumps(asdict(t), ensure_ascii=ascii) for t in timings]
    text = "".join(f"{line}\n" for line in lines)
    if cut and lines:
        text += lines[0][: len(lines[0]) // 2]
    path.write_text(text, encoding="utf-8", newline="")
    assert read_timings(path) == tuple(timings)


GOOD = '{"tool": "a", "start": 1, "end": 2}'


def test_a_last_line_that_is_cut_off_is_left_out(tmp_path: Path) -> None:
    assert len(read_timings(put(tmp_path, GOOD, GOOD[:20], end=""))) == 1
    path = put(tmp_path, GOOD, GOOD)
    assert len(read_timings(path)) == 2
    path.write_bytes(f"{GOOD}\n".encode() + '{"tool": "ü'.encode()[:-1])
    assert len(read_timings(path)) == 1


def test_an_empty_file_holds_no_calls(tmp_path: Path) -> None:
    assert read_timings(put(tmp_path, end="")) == ()
    assert read_timings(put(tmp_path, "", "  ")) == ()


def test_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(f"{GOOD}\r\n{GOOD}\r\n", encoding="utf-8-sig", newline="")
    assert len(read_timings(path)) == 2


BAD = {
    "no JSON": ("{tool: 1}", "not valid JSON"),
    "cut off": (GOOD[:20], "not valid JSON"),
    "an array": ("[1]", "a JSON object is expected"),
    "a number": ("1", "a JSON object is expected"),
    "too deep": ('{"a":' * 100_000, "nested too deeply"),
    "not a number": ('{"tool": "a", "start": NaN, "end": 2}', "not valid JSON: NaN is no number"),
    "many digits": ('{"tool": "a", "start": 1, "end": ' + "1" * 5000 + "}", "not valid JSON"),
    "infinite": ('{"tool": "a", "start": 1, "end": 1e999}', "`end` is no time"),
    "too large": ('{"tool": "a", "start": 1, "end": ' + "1" * 400 + "}", "`end` is no time"),
    "no end": ('{"tool": "a", "start": 1}', "there is no `end`"),
    "no tool": ('{"start": 1, "end": 1}', "there is no `tool`"),
    "tool of a number": ('{"tool": 1, "start": 1, "end": 1}', "`tool` must be a text"),
    "empty tool": ('{"tool": "", "start": 1, "end": 1}', "`tool` is empty"),
    "backwards": ('{"tool": "a", "start": 2, "end": 1}', "`end` is before `start`"),
    "truth": ('{"tool": "a", "start": true, "end": 1}', "`start` must be seconds"),
    "no date": ('{"tool": "a", "start": "today", "end": 1}', "`start` is no time: 'today'"),
    "far date": ('{"tool": "a", "start": "99999-01-01", "end": 1}', "`start` is no time"),
    "failed": ('{"tool": "a", "start": 1, "end": 1, "failed": 1}', "`failed` must be true"),
    "line": ('{"tool": "a", "start": 1, "end": 1, "line": -1}', "`line` must be a whole"),
    "file": ('{"tool": "a", "start": 1, "end": 1, "file": null}', "`file` must be a text"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_lines_are_named(name: str, tmp_path: Path) -> None:
    line, cause = BAD[name]
    path = put(tmp_path, GOOD, line, GOOD)
    with pytest.raises(ConfigError) as caught:
        read_timings(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:2: {cause}")
    assert message.endswith("; delete the line, or write the file anew")
    assert len(message) < 300


UNKNOWN = {
    "other objects": ("no timed call of a known format", ['{"a": 1}', '{"b": 2}']),
    "text": (":1: not valid JSON", ["hello", "world"]),
    "an array": (":1: a JSON object is expected", ['[{"tool": 1}]']),
    "laid out": ("only an OTLP export may stand on several lines", ["{", '"tool": "a"', "}"]),
    "laid out and broken": (":2: not valid JSON", ["{", '"resourceSpans": nothing', "}"]),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_formats(name: str, tmp_path: Path) -> None:
    cause, lines = UNKNOWN[name]
    path = put(tmp_path, *lines)
    with pytest.raises(ConfigError, match="trace") as caught:
        read_timings(path)
    assert cause in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_timings(tmp_path / "none.jsonl")
    with pytest.raises(ConfigError, match="directory"):
        read_timings(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" * 10)
    with pytest.raises(ConfigError, match=":1: not UTF-8"):
        read_timings(tmp_path / "bytes")


# -- coding agents -----------------------------------------------------------------------------


def claude(kind: str, when: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "uuid": "u",
        "sessionId": "s",
        "timestamp": when,
        "message": {"role": kind, "content": list(content)},
    }


def use(key: str, name: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": key, "name": name, "input": {"path": "secret"}}


def result(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": key, "content": "secret", **more}


def test_a_session_of_claude_code(tmp_path: Path) -> None:
    lines = [
        {"type": "summary", "summary": "x", "leafUuid": "u"},
        {"type": "user", "message": {"role": "user", "content": "please"}},
        claude("assistant", "2026-01-20T11:57:00.000Z", use("1", "Read"), use("2", "Bash")),
        claude("user", "2026-01-20T11:57:00.125Z", result("1")),
        claude("user", "2026-01-20T11:57:03.000Z", result("2", is_error=True)),
        claude("assistant", "2026-01-20T11:57:04.000Z", use("3", "mcp__crm__get_customer")),
        claude("user", "2026-01-20T11:57:04.500Z", result("3")),
        claude("assistant", "2026-01-20T11:57:05.000Z", use("4", "Read")),
        claude("user", "2026-01-20T11:58:00.000Z", result("1")),  # the session was resumed
    ]
    found = read_timings(put(tmp_path, *lines))
    assert [(t.tool, round(t.end - t.start, 6), t.failed, t.server) for t in found] == [
        ("Read", 0.125, False, ""),
        ("Bash", 3.0, True, ""),
        ("get_customer", 0.5, False, "crm"),
    ]


def codex(when: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": when, "type": "response_item", "payload": payload}


def test_a_rollout_of_codex(tmp_path: Path) -> None:
    start, end = "2026-01-20T11:57:00.000Z", "2026-01-20T11:57:02.000Z"
    call = {"call_id": "1", "name": "shell", "arguments": "{}"}
    lines = [
        {"timestamp": start, "type": "session_meta", "payload": {"id": "x", "cwd": "/"}},
        {"timestamp": start, "type": "event_msg", "payload": {"type": "user_message"}},
        codex(start, type="message", role="user", content=[]),
        codex(start, type="function_call", **call),
        codex(start, type="custom_tool_call", call_id="2", name="apply_patch", input=""),
        codex(start, type="local_shell_call", call_id="3", action={}),
        codex(start, type="local_shell_call", call_id=None, action={}),
        codex(end, type="function_call_output", call_id="1", output="secret"),
        codex(end, type="custom_tool_call_output", call_id="2", output="secret"),
        codex(end, type="function_call_output", call_id="3", output="secret"),
        codex(end, type="function_call_output", call_id="9", output="of an earlier session"),
    ]
    found = read_timings(put(tmp_path, *lines))
    assert [(t.tool, t.end - t.start) for t in found] == [
        ("shell", 2.0),
        ("apply_patch", 2.0),
        ("local_shell", 2.0),
    ]


def test_a_transcript_without_times(tmp_path: Path) -> None:
    line = claude("assistant", "", use("1", "Read"))
    del line["timestamp"]
    with pytest.raises(ConfigError, match=":1: a call or result has no `timestamp`; give the file"):
        read_timings(put(tmp_path, line))
