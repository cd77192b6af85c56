"""``pexec-lint`` and ``pexec-report``: what they print where, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from commands import CONFIG, FLOW, TWO, UNKNOWN, WRITES, call, fix, lint, objects, put
from pexec.analyzer import options
from pexec.analyzer.cli import lint_command
from pexec.analyzer.cli_report import report_command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


# -- pexec-lint: text --------------------------------------------------------------------------


def test_finding_in_text(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("agent.py")
    assert result.exit_code == 1
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "agent.py:2:12: PX101 [*] 2 independent calls are awaited one after the other; "
        "run together they would save about 100 ms",
        "    2  `get_user`    reads crm:{uid}     (pexec.toml: `tools`)",
        "    3  `get_orders`  reads orders:{uid}  (pexec.toml: `tools`)",
        "  they only read, and none needs another's result",
        "  form: ordered (a caller may see which failure comes first)",
        "",
        "Checked 1 file: 2 awaited calls, 2 with known effects; 1 finding, 0 notes.",
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1\n", "no block awaits two calls"),
        (FLOW, "each call needs the one before"),
        (UNKNOWN, "while the effects of the calls at 2 places are unknown"),
        (WRITES, "0 findings (1 more with --unsafe-fixes), 1 note."),
    ],
    ids=["empty", "flow", "unknown", "unsafe"],
)
def test_no_run_ends_in_silence(here: Path, source: str, words: str) -> None:
    put(here, agent=source)
    result = lint("agent.py")
    assert result.exit_code == 0
    assert result.stdout.rstrip().count("Checked 1 file: ") == 1
    assert words in result.stdout.splitlines()[-1]


SILENCED = TWO.replace("(uid)\n    orders", "(uid)  # pexec: ignore[PX101]\n    orders")


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (SILENCED, []),
        (SILENCED, ["--unsafe-fixes"]),
        (TWO, ["--ignore", "PX101"]),
        (TWO, ["--config", 'per-file-ignores = {"agent.py" = ["PX101"]}']),
    ],
    ids=["comment", "unsafe", "option", "per-file-ignores"],
)
def test_what_is_silenced_is_not_called_dependent(
    here: Path, source: str, options: list[str]
) -> None:
    put(here, agent=source)
    for command in (lint, fix):
        result = command(*options, "agent.py")
        assert result.exit_code == 0
        last = "no findings, 1 silenced by comments or settings, 0 notes.\n"
        assert result.stdout.endswith(f"; {last}")


def test_empty_folder_says_so(here: Path) -> None:
    result = lint()
    assert (result.exit_code, result.stdout) == (
        0,
        "Checked 0 files: no Python files under the given paths, but for what is left out.\n",
    )


def test_write_that_goes_first_is_said(here: Path) -> None:
    put(here, agent="async def f(a):\n    await save(a)\n    return await get_user(a)\n")
    assert "the write goes first; the other only reads" in lint("agent.py").stdout


def test_unsafe_fixes_make_findings(here: Path) -> None:
    put(here, agent=WRITES)
    result = lint("--unsafe-fixes", "agent.py")
    assert result.exit_code == 1
    assert "  unsafe: in a run where a call fails" in result.stdout


def test_notes_on_request_and_on_a_terminal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(here, agent=WRITES, flow=FLOW)
    note = "agent.py:3:5: note: `save` stays behind line 2: `save` writes store:{uid}"
    in_order = "flow.py:3:5: in order: `get_orders` stays behind line 2"
    assert note not in lint("agent.py").stdout
    shown = lint("--show-blocked", ".").stdout
    assert note in shown
    assert in_order in shown
    monkeypatch.setattr(options, "on_terminal", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    by_hand = lint("agent.py", "flow.py").stdout
    assert note in by_hand
    assert in_order not in by_hand
    assert note not in lint(".").stdout


def test_undeclared_calls_are_named_with_a_declaration_that_works(here: Path) -> None:
    put(here, agent=UNKNOWN)
    result = lint(".")
    lines = result.stdout.splitlines()
    assert lines[1] == "  agent.py:6: `sdk.Client.parts.fetch` (1 batch, about 100 ms)"
    pasted = "\n".join(line.strip() for line in lines if line.startswith("    "))
    (here / "pexec.toml").write_text(pasted)
    assert lint(".").exit_code == 2  # what it reads must be filled in
    (here / "pexec.toml").write_text(pasted.replace("…", "sdk"))
    assert lint(".").exit_code == 1


def test_declarations_fit_the_file_they_are_pasted_into(here: Path) -> None:
    put(here, agent=UNKNOWN)
    assert "    [[tools]]\n" in lint(".").stdout
    assert "    [[tool.pexec.tools]]\n" in lint("--isolated", ".").stdout


def test_ignored_lines_are_silent(here: Path) -> None:
    put(here, agent=TWO.replace("(uid)\n    orders", "(uid)  # noqa: PX101\n    orders"))
    assert lint("agent.py").exit_code == 0


def test_colours_only_on_a_terminal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(here, agent=TWO)
    monkeypatch.setattr(options, "on_terminal", lambda: True)
    coloured = lint(".").stdout
    assert "\x1b[" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert lint(".").stdout == click.unstyle(coloured)
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b[" in lint(".").stdout
    lint("--output-file", "out.txt", ".")
    assert "\x1b[" not in (here / "out.txt").read_text()


# -- pexec-lint: JSON, options, errors ---------------------------------------------------------


def test_json_has_ruffs_fields_and_ours(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("--output-format", "json", "agent.py")
    assert result.exit_code == 1
    assert result.stderr.startswith("Checked 1 file: ")
    (found,) = objects(result)
    assert set(found) >= {
        "filename", "code", "message", "location", "end_location", "fix", "url", "noqa_row",
        "name", "applicability", "calls", "gain", "blocked",
    }  # fmt: skip
    assert (found["filename"], found["code"], found["name"]) == (
        "agent.py", "PX101", "sequential-awaits"
    )  # fmt: skip
    assert found["location"] == {"row": 2, "column": 12}
    assert found["gain"] == {"sequential_ms": 300.0, "parallel_ms": 200.0}
    assert found["applicability"] == found["fix"]["applicability"] == "safe"
    assert [c["callee"] for c in found["calls"]] == ["get_user", "get_orders"]
    assert found["calls"][0]["effects"] == [
        {"effect": "read crm:{uid}", "source": "pexec.toml: `tools`"}
    ]
    assert found["blocked"] is None


def test_json_edits_are_the_whole_fix(here: Path) -> None:
    source = "# ünïcode\n" + TWO
    put(here, agent=source)
    (found,) = objects(lint("--output-format", "json", "agent.py"))
    lines = source.splitlines(keepends=True)

    def offset(place: dict[str, int]) -> int:
        return sum(map(len, lines[: place["row"] - 1])) + place["column"] - 1

    text = source
    for edit in reversed(found["fix"]["edits"]):
        start, end = offset(edit["location"]), offset(edit["end_location"])
        text = text[:start] + edit["content"] + text[end:]
    assert text == fix("-", stdin=source).stdout


def test_json_keeps_all_notes(here: Path) -> None:
    put(here, agent=FLOW)
    result = lint("--output-format", "json", "agent.py")
    assert result.exit_code == 0
    (note,) = objects(result)
    assert note["fix"] is None
    assert note["blocked"]["kind"] == "flow"
    assert note["blocked"]["behind"] == {"row": 2, "column": 5}


def test_json_of_nothing_is_an_empty_list(here: Path) -> None:
    put(here, agent="x = 1\n")
    assert objects(lint("--output-format", "json", ".")) == []


def test_one_bad_file_stops_no_other(here: Path) -> None:
    put(here, agent=TWO, bad="async def f(:\n    await a\n    await b\n")
    result = lint(".", "gone.py")
    assert result.exit_code == 2
    assert "agent.py:2:12: PX101" in result.stdout
    assert "Checked 1 file, 2 could not be checked: " in result.stdout
    errors = result.stderr.splitlines()
    assert errors[0] == "gone.py: no such file or folder"
    assert errors[1].startswith("bad.py:")
    assert len(errors) == 2


def test_defect_is_exit_2_and_one_line(here: Path) -> None:
    put(here, agent=TWO)

    def defective(*args: object) -> None:
        raise KeyError("boom\nand more")

    result = CliRunner().invoke(lint_command, ["agent.py"], obj=defective)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "agent.py:1:1: internal error: KeyError" in result.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--select", "PX999"], "unknown code 'PX999'"),
        (["--config", "max-concurency = 4"], "did you mean `max-concurrency`?"),
        (["--config", "max-concurrency = "], "not valid TOML"),
        (["--config", "gone.toml"], "gone.toml: No such file"),
        (["--config", "pexec.toml", "--isolated"], "exclude each other"),
        (["--stdin-filename", "x.py"], "is for `-`"),
        (["--show-effects", "agent.py"], "FILE:LINE"),
        (["--watch"], "No such option"),
        (["--style", "threads"], "Invalid value"),
    ],
)
def test_wrong_usage_is_exit_2_and_nothing_runs(
    here: Path, args: Sequence[str], words: str
) -> None:
    put(here, agent=TWO)
    result = lint(*args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_wrong_configuration_of_one_folder_stops_all(here: Path) -> None:
    put(here, agent=TWO)
    (here / "z").mkdir()
    put(here / "z", agent=TWO)
    (here / "z" / "pexec.toml").write_text("styl = 'gather'\n")
    result = fix(".")
    assert result.exit_code == 2
    assert "did you mean `style`?" in result.stderr
    assert (here / "agent.py").read_text() == TWO


def test_settings_come_from_the_nearest_file_then_the_command_line(here: Path) -> None:
    (here / "quiet").mkdir()
    put(here, agent=TWO)
    put(here / "quiet", agent=TWO)
    (here / "quiet" / "pyproject.toml").write_text("[tool.pexec]\n")
    assert len(objects(lint("--output-format", "json", "agent.py"))) == 1
    assert "quiet" not in lint(".").stdout.split("PX101")[0]
    assert lint("quiet").exit_code == 0
    assert lint("--config", "pexec.toml", "quiet").exit_code == 1
    assert lint("--isolated", ".").exit_code == 0
    assert lint("--config", "min-gain-ms = 500", ".").exit_code == 0
    assert lint("--ignore", "PX101", ".").exit_code == 0
    assert lint("--ignore", "PX1,PX3", "--select", "ALL", ".").exit_code == 0


def test_exit_zero_and_output_file(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("--exit-zero", "--output-file", "out.txt", "agent.py")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "PX101" in (here / "out.txt").read_text()


def test_tests_are_looked_into_on_request(here: Path) -> None:
    put(here, agent=TWO.replace("page", "test_page"))
    assert lint("agent.py").exit_code == 0
    assert lint("--include-tests", "agent.py").exit_code == 1


def test_show_effects(here: Path) -> None:
    put(here, agent=TWO)
    result = lint("--show-effects", "agent.py:2")
    assert result.exit_code == 0
    first, *rest = result.stdout.splitlines()
    assert first.startswith("agent.py:2:18: `get_user`  awaited, may raise, 100 ms")
    assert [" ".join(line.split()) for line in rest] == [
        "read `uid` (pexec.toml: `tools`)",
        "read crm:{uid} (pexec.toml: `tools`)",
    ]
    assert "no call on this line" in lint("--show-effects", "agent.py:4").stdout
    (shown,) = objects(lint("--output-format", "json", "--show-effects", "agent.py:3"))
    assert shown["callee"] == "get_orders"


def test_standard_input(here: Path) -> None:
    result = lint("-", "--stdin-filename", "pkg/agent.py", stdin=TWO)
    assert result.exit_code == 1
    assert result.stdout.startswith("pkg/agent.py:2:12: PX101")
    assert lint("-", stdin=TWO).stdout.startswith("-:2:12: PX101")


# -- pexec-report ------------------------------------------------------------------------------


def test_report_in_text_markdown_and_json(here: Path) -> None:
    put(here, agent=TWO, other=UNKNOWN)
    text = call(report_command, ".")
    assert text.exit_code == 0
    row = next(line for line in text.stdout.splitlines() if line.startswith("agent.py: page"))
    assert row.split()[2:10] == ["2", "1", "300", "ms", "200", "ms", "200", "ms"]
    assert (
        "are, or stand behind, a call of unknown effects: `sdk.Client.parts.fetch`" in text.stdout
    )
    markdown = call(report_command, "--output-format", "markdown", ".").stdout
    assert "| `agent.py: page` | 2 | 1 | 300 ms | 200 ms | 200 ms | 1.5x |" in markdown
    page = json.loads(call(report_command, "--output-format", "json", ".").stdout)
    assert page["total"]["calls"] == 5
    function = page["files"][0]["functions"][0]
    expected = {
        "name": "page", "cell": None, "row": 1, "calls": 2, "batches": 1, "sequential_ms": 300.0,
        "projected_ms": 200.0, "critical_path_ms": 200.0, "speedup": 1.5, "best_speedup": 1.5,
    }  # fmt: skip
    assert {key: function[key] for key in expected} == expected
    assert page["blocked"][0]["kind"] == "unknown"


def test_report_as_a_page(here: Path) -> None:
    put(here, agent=TWO, other=UNKNOWN)
    done = call(report_command, "--output-format", "html", "--output-file", "report.html", ".")
    assert (done.exit_code, done.stdout) == (0, "")
    text = (here / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.endswith("</html>\n")
    assert "<bdi><code>sdk.Client.parts.fetch</code></bdi>" in text
    assert call(report_command, "--output-format", "html", ".").stdout == text


def test_report_of_nothing_and_of_a_bad_file(here: Path) -> None:
    put(here, agent="x = 1\n")
    assert "no block awaits two calls" in call(report_command, ".").stdout
    put(here, agent="async def f(:\n    await a\n    await b\n")
    assert call(report_command, ".").exit_code == 2
