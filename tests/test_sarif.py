"""SARIF: valid against the standard's schema, and its fixes are what ``pexec-fix`` writes."""

from __future__ import annotations

import copy
import json
import posixpath
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pytest
from commands import CONFIG, FLOW, TWO, WRITES, fix, lint
from hostile import FAILED, HOSTILE, PATHS, PLAIN, WINDOWS
from pexec.analyzer.codes import RULES, Applicability
from pexec.analyzer.report import sarif
from pexec.analyzer.report.diagnostic import Failure, Position, TextEdit
from pexec.analyzer.report.paths import Paths
from sarif_schema import validator

Json = dict[str, Any]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def checked(text: str) -> Json:
    """The only run of a valid report."""
    report = json.loads(text)
    errors = [e.message for e in validator().iter_errors(report)]
    assert errors == []
    (run,) = report["runs"]
    return run


def linted(*args: str) -> Json:
    return checked(lint("--output-format", "sarif", *args).stdout)


def test_the_schema_refuses_what_is_wrong() -> None:
    report = json.loads(sarif.render(HOSTILE, FAILED, PATHS))
    validator().validate(report)
    wrong: list[tuple[str, Any]] = [
        ("version", "2.0.0"), ("columnKind", "bytes"), ("level", "minor"), ("startLine", 0),
    ]  # fmt: skip
    for key, value in wrong:
        broken = copy.deepcopy(report)
        assert _set(broken, key, value), key
        assert list(validator().iter_errors(broken)), key


def _set(value: Any, key: str, new: Any) -> bool:
    """Change every ``key`` within ``value``; False if there is none."""
    if isinstance(value, dict):
        if key in value:
            value[key] = new
            return True
        return any(_set(item, key, new) for item in value.values())
    return isinstance(value, list) and any(_set(item, key, new) for item in value)


@pytest.mark.parametrize("source", [TWO, FLOW, "x = 1\n"], ids=["finding", "none", "skipped"])
def test_valid_whatever_is_found(here: Path, source: str) -> None:
    (here / "agent.py").write_text(source)
    run = linted(".")
    assert len(run["results"]) == (source == TWO)
    assert run["invocations"] == [{"executionSuccessful": True}]
    assert run["columnKind"] == "unicodeCodePoints"


def test_every_rule_is_described(here: Path) -> None:
    (here / "agent.py").write_text(TWO)
    run = linted(".")
    rules = run["tool"]["driver"]["rules"]
    assert {r["id"]: r["name"] for r in rules} == RULES
    for rule in rules:
        # The limits are those of GitHub's code scanning ("SARIF support for code scanning").
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["markdown"].startswith(f"# {rule['name']} ({rule['id']})\n")
        assert not re.search(r"^(#|```)", rule["help"]["text"], re.MULTILINE)
        assert rule["defaultConfiguration"] == {"level": "warning"}
    (result,) = run["results"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "PX101"


def offset(text: str, line: int, column: int) -> int:
    """A place of a region in a text, by §3.30 and ``newlineSequences``, columns in code points."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    return sum(map(len, lines[: line - 1])) + column - 1


def applied(text: str, result: Json) -> str:
    (change,) = result["fixes"][0]["artifactChanges"]
    for edit in reversed(change["replacements"]):
        region = edit["deletedRegion"]
        start = offset(text, region["startLine"], region["startColumn"])
        end = offset(text, region["endLine"], region["endColumn"])
        text = text[:start] + edit.get("insertedContent", {}).get("text", "") + text[end:]
    return text


@pytest.mark.parametrize(
    "source",
    [
        TWO,
        '"""\U0001f600 ünïcode"""\n' + TWO,
        TWO.replace("get_user(uid)", "get_user('\U0001f600')"),
        TWO.replace("\n", "\r\n"),
        TWO.replace("\n", "\r"),
        "import asyncio\n" + TWO,
    ],
    ids=["import-inserted", "astral-before", "astral-within", "crlf", "cr", "import-there"],
)
def test_fixes_are_what_pexec_fix_writes(here: Path, source: str) -> None:
    (here / "agent.py").write_bytes(source.encode())
    (result,) = linted("agent.py")["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    start = offset(source, region["startLine"], region["startColumn"])
    end = offset(source, region["endLine"], region["endColumn"])
    assert source[start:end].startswith("await get_user(")
    assert source[start:end].endswith(")")
    new = applied(source, result)
    assert fix("agent.py").exit_code == 0
    assert (here / "agent.py").read_bytes().decode() == new != source


def test_a_deletion_has_no_content() -> None:
    edit = TextEdit(Position(1, 3), Position(1, 9), "")
    item = replace(PLAIN, edits=(edit,))
    run = checked(sarif.render([item], [], PATHS))
    (change,) = run["results"][0]["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {"deletedRegion": {"startLine": 1, "startColumn": 3, "endLine": 1, "endColumn": 9}}
    ]
    shown = replace(item, applicability=Applicability.DISPLAY)
    assert "fixes" not in checked(sarif.render([shown], [], PATHS))["results"][0]


def test_unsafe_fixes_on_request(here: Path) -> None:
    (here / "agent.py").write_text(WRITES)
    assert linted("agent.py")["results"] == []
    (result,) = linted("--unsafe-fixes", "agent.py")["results"]
    assert "fixes" in result


def test_failures_are_notifications(here: Path) -> None:
    (here / "agent.py").write_text(TWO)
    (here / "bad.py").write_text("async def f(:\n    await a\n    await b\n")
    result = lint("--output-format", "sarif", ".", "gone.py")
    assert result.exit_code == 2
    run = checked(result.stdout)
    assert len(run["results"]) == 1
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    places = [
        note["locations"][0]["physicalLocation"]
        for note in invocation["toolExecutionNotifications"]
    ]
    assert [place["artifactLocation"]["uri"] for place in places] == ["gone.py", "bad.py"]
    assert "region" not in places[0]
    assert places[1]["region"]["startLine"] == 1


def test_braces_are_no_placeholders() -> None:
    failed = [Failure("x.py", "expected '}' after {0}")]
    run = checked(sarif.render([replace(PLAIN, message="`{x}`")], failed, PATHS))
    assert run["results"][0]["message"]["text"] == "`{{x}}`"
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "expected '}}' after {{0}}"


def test_hostile_names() -> None:
    run = checked(sarif.render(HOSTILE, FAILED, PATHS))
    base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
    assert base == "file:///work/project/"
    for item, result in zip(HOSTILE, run["results"], strict=True):
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]
        # RFC 3986: only these characters; a colon in the first part would end a scheme
        assert re.fullmatch(r"[A-Za-z0-9._~%!$&'()*+,;=@/:-]+", location["uri"])
        whole = (base if "uriBaseId" in location else "") + location["uri"]
        path = unquote(whole.removeprefix("file://"), errors="surrogateescape")
        assert path == posixpath.normpath(PATHS.folder / item.filename)
    windows = replace(PLAIN, filename="pkg\\a b.py")
    run = checked(sarif.render([windows], [], WINDOWS))
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "pkg/a%20b.py", "uriBaseId": "%SRCROOT%"}
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///C:/work/project/"


def test_paths_are_from_the_root_of_the_repository(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a b").mkdir()
    (here / "a b" / "agent.py").write_text(TWO)
    monkeypatch.chdir(here / "a b")
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        with monkeypatch.context() as inner:
            inner.setenv(name, str(here))
            run = linted(".")
        location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert location["uri"] == "a%20b/agent.py"
    run = linted(".")
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "agent.py"


def test_fingerprints_stay_when_lines_move(here: Path) -> None:
    def prints(source: str) -> list[Json]:
        (here / "agent.py").write_text(source)
        return [result["partialFingerprints"] for result in linted("agent.py")["results"]]

    twice = TWO + "\n\n" + TWO
    first = prints(twice)
    assert len({json.dumps(p) for p in first}) == 2
    assert prints('"""New."""\n\n' + twice) == first


def test_the_version_is_left_out_if_it_is_not_known() -> None:
    paths = Paths(PurePosixPath("/x"), PurePosixPath("/x"))
    assert checked(sarif.render([], [], paths, "1.2.3"))["tool"]["driver"]["version"] == "1.2.3"
    assert "version" not in checked(sarif.render([], [], paths))["tool"]["driver"]
