"""What is printed in which format, where it goes, in which colours, and the statistics."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from commands import CONFIG, FLOW, TWO, UNKNOWN, WRITES, call, fix, lint, objects, put
from pexec.analyzer import options
from pexec.analyzer.cli import lint_command
from pexec.analyzer.cli_report import report_command
from pexec.codemods.cli import fix_command

LINE = (
    "agent.py:2:12: PX101 [*] 2 independent calls are awaited one after the other: `get_user`, "
    "`get_orders`; run together they would save about 100 ms"
)
SUMMARY = "Checked 1 file: 2 awaited calls, 2 with known effects; 1 finding, 0 notes."


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


# -- formats -----------------------------------------------------------------------------------


def test_concise_is_a_line_per_finding(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("--output-format", "concise", ".")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [LINE, SUMMARY]


def test_concise_shows_notes_on_request_only(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(here, agent=WRITES, flow=FLOW)
    monkeypatch.setattr(options, "on_terminal", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert len(lint("--output-format", "concise", "agent.py").stdout.splitlines()) == 1
    lines = lint("--output-format", "concise", "--show-blocked", ".").stdout.splitlines()
    assert [line.partition(" `")[0] for line in lines[:-1]] == [
        "agent.py:3:5: note:", "flow.py:3:5: in order:",
    ]  # fmt: skip


def test_concise_of_a_fix(here: Path) -> None:
    put(here, agent=TWO)
    lines = fix("--output-format", "concise", ".").stdout.splitlines()
    assert lines[0] == LINE.replace("[*]", "[fixed]")
    assert "fixed 1 finding in 1 file" in lines[1]


def test_json_lines_are_the_objects_of_json(here: Path) -> None:
    put(here, agent=TWO, unknown=UNKNOWN)
    lines = lint("--output-format", "json-lines", ".").stdout
    assert lines.endswith("}\n")
    assert [json.loads(line) for line in lines.splitlines()] == objects(
        lint("--output-format", "json", ".")
    )


@pytest.mark.parametrize("name", ["json", "json-lines", "github", "gitlab", "sarif"])
def test_machine_formats_have_standard_output_for_themselves(here: Path, name: str) -> None:
    put(here, agent=TWO)
    result = lint("--output-format", name, ".")
    assert result.exit_code == 1
    assert result.stderr == SUMMARY + "\n"
    assert "Checked" not in result.stdout
    assert "get_orders" in result.stdout
    fixed = fix("--output-format", name, ".")
    assert fixed.exit_code == 0
    assert "fixed 1 finding" in fixed.stderr
    assert fixed.stdout == result.stdout


@pytest.mark.parametrize(
    ("name", "text"), [("json-lines", ""), ("github", ""), ("gitlab", "[]\n"), ("json", "[]\n")]
)
def test_machine_formats_of_nothing(here: Path, name: str, text: str) -> None:
    put(here, agent="x = 1\n")
    assert lint("--output-format", name, ".").stdout == text
    lint("--output-format", name, "--output-file", "out", ".")
    assert (here / "out").read_text() == text


def test_effects_are_text_or_json(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("--output-format", "sarif", "--show-effects", "agent.py:2")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "text or json" in result.stderr


def test_a_name_that_is_no_unicode_text(here: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    try:
        (here / name).write_text(TWO)
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    for form in ("text", "concise", "json", "json-lines", "github", "gitlab", "sarif"):
        result = lint("--output-format", form, "--output-file", "out", ".")
        assert result.exit_code == 1, result.stderr
        text = (here / "out").read_text(encoding="utf-8")
        assert ("caf%E9.py" if form == "sarif" else "caf\\udce9.py") in text


# -- --output-file -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", options.FORMATS)
@pytest.mark.parametrize("command", [lint_command, fix_command], ids=["lint", "fix"])
def test_a_file_holds_what_would_be_printed(
    here: Path, command: click.Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(here, agent=TWO)
    args = ("--output-format", name, *(["--check"] if command is fix_command else []), ".")
    printed = call(command, *args)
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = call(command, "--output-file", "out", *args)
    assert (result.exit_code, result.stdout) == (printed.exit_code, "") == (1, "")
    assert result.stderr == printed.stderr
    assert (here / "out").read_bytes().decode() == printed.stdout


@pytest.mark.parametrize("command", [lint_command, fix_command, report_command],
                         ids=["lint", "fix", "report"])  # fmt: skip
@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("no/such/out.txt", f"there is no folder {Path('no/such')}"),
        ("agent.py/out.txt", "there is no folder agent.py"),
        ("folder", "it is a folder"),
        ("", "it is a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_before_any_work(
    here: Path, command: click.Command, path: str, cause: str
) -> None:
    put(here, agent=TWO)
    (here / "folder").mkdir()

    def worked(*args: object) -> None:
        raise AssertionError("a file was analyzed")

    result = CliRunner().invoke(command, ["--output-file", path, "."], obj=worked)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: --output-file {path!r} cannot be written: {cause}\n"
    assert not (here / "no").exists()


def test_a_file_that_cannot_be_written_after_all(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(here, agent=TWO)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    for result in (lint("--output-file", "out", "."), fix("--diff", "--output-file", "out", ".")):
        assert (result.exit_code, result.stdout) == (2, "")
        assert "'out' cannot be written: No space left on device\n" in result.stderr


# -- colours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("force", "no", "terminal", "coloured"),
    [
        (None, None, False, False),
        ("1", None, False, True),
        ("0", None, False, True),
        ("", None, False, False),
        ("1", "1", False, False),
        ("1", "", False, True),
        (None, "1", True, False),
        ("", "", True, True),
    ],
)
def test_no_color_wins_over_force_color(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    force: str | None,
    no: str | None,
    terminal: bool,
    coloured: bool,
) -> None:
    put(here, agent=TWO)
    monkeypatch.setattr(options, "on_terminal", lambda: terminal)
    for name, value in (("FORCE_COLOR", force), ("NO_COLOR", no)):
        if value is not None:
            monkeypatch.setenv(name, value)
    for result in (
        lint("."), lint("--output-format", "concise", "."), lint("--statistics", "."),
        fix("--diff", "."), call(report_command, "."),
    ):  # fmt: skip
        assert ("\x1b[" in result.stdout) is coloured


@pytest.mark.parametrize("name", ["json", "json-lines", "github", "gitlab", "sarif"])
def test_machine_formats_have_no_colours(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    put(here, agent=TWO)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in lint("--output-format", name, ".").stdout


# -- --statistics ------------------------------------------------------------------------------


def test_statistics_in_text(here: Path) -> None:
    put(here, agent=TWO, other=TWO, unknown=UNKNOWN, flow=FLOW, writes=WRITES)
    result = lint("--statistics", ".")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        "2  PX101  [*]  sequential-awaits  gain: about 200 ms",
        "",
        "What keeps the other calls in their order:",
        "  2  are, or stand behind, a call of unknown effects: `sdk.Client.parts.fetch`, "
        "`sdk.Client.items.fetch`",
        "  1  need the result of a call before them",
        "  1  must not run if what is before them fails",
        "",
        "Checked 5 files: 11 awaited calls, 8 with known effects; 2 findings (1 more with "
        "--unsafe-fixes), 3 notes. One call that nobody declared holds back 1 batch, about 100 ms.",
    ]
    assert lint("--statistics", "--output-format", "concise", ".").exit_code == 1


def test_statistics_without_findings_say_why(here: Path) -> None:
    put(here, flow=FLOW)
    lines = lint("--statistics", ".").stdout.splitlines()
    assert lines[0] == "What keeps the other calls in their order:"
    put(here, flow="x = 1\n")
    assert len(lint("--statistics", ".").stdout.splitlines()) == 1


def test_statistics_in_json(here: Path) -> None:
    put(here, agent=TWO, other=TWO, unknown=UNKNOWN)
    result = lint("--statistics", "--output-format", "json", ".")
    assert result.exit_code == 1
    assert result.stderr.startswith("Checked 3 files: ")
    (row,) = objects(result)
    assert row == {
        "code": "PX101",
        "name": "sequential-awaits",
        "count": 2,
        "fixable": True,
        "fixable_count": 2,
        "gain": {"sequential_ms": 600.0, "parallel_ms": 400.0},
        "blocked": [
            {
                "kind": "unknown",
                "count": 2,
                "reason": "are, or stand behind, a call of unknown effects",
                "undeclared": ["sdk.Client.parts.fetch", "sdk.Client.items.fetch"],
            }
        ],
    }
    (row,) = objects(lint("--statistics", "--output-format", "json", "unknown.py"))
    assert (row["count"], row["fixable"], len(row["blocked"])) == (0, False, 1)
    put(here, agent="x = 1\n")
    assert objects(lint("--statistics", "--output-format", "json", "agent.py")) == []


def test_statistics_of_a_fix(here: Path) -> None:
    put(here, agent=TWO)
    lines = fix("--check", "--statistics", ".").stdout.splitlines()
    assert lines[0] == "1  PX101  [*]  sequential-awaits  gain: about 100 ms"
    assert "would fix 1 finding in 1 file" in lines[-1]
    assert (here / "agent.py").read_text() == TWO
    lines = fix("--statistics", ".").stdout.splitlines()
    assert lines[0].startswith("1  PX101")
    assert "fixed 1 finding in 1 file" in lines[-1]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--statistics", "--diff", "."), "does not go with --diff"),
        (("--statistics", "-"), "does not go with --diff or a filter"),
        (("--statistics", "--output-format", "sarif", "."), "--statistics knows no sarif"),
        (("--statistics", "--output-format", "json-lines", "."), "knows no json-lines"),
    ],
)
def test_statistics_that_nothing_can_show(here: Path, args: tuple[str, ...], words: str) -> None:
    put(here, agent=TWO)
    result = fix(*args, stdin=TWO)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert (here / "agent.py").read_text() == TWO


# -- --select ----------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--select", "--ignore"])
@pytest.mark.parametrize("value", ["", " ", ",", " , "])
def test_an_empty_selection_is_an_error(here: Path, option: str, value: str) -> None:
    put(here, agent=TWO)
    result = lint(option, value, ".")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"error: {option} names no code (for all of them: ALL)\n"


def test_a_trailing_comma_selects_nothing_more(here: Path) -> None:
    put(here, agent=TWO)
    assert lint("--select", "PX101,", ".").exit_code == 1
    assert lint("--select", "", "--select", "PX101", ".").exit_code == 1
