"""``pexec-report --record``: commands that it takes, refusals, the file that it writes."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pytest
from commands import CONFIG, report
from pexec.analyzer.config import check
from pexec.analyzer.recording import patterns_of, recorded
from recorded import REPORT, project, put, record, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path)


FORMS = {
    "python a.py -x": "python R O a.py -x",
    "python3.12 a.py": "python3.12 R O a.py",
    "/opt/bin/python3 -u a.py": "/opt/bin/python3 -u R O a.py",
    "C:\\py\\python.exe a.py": "C:\\py\\python.exe R O a.py",
    "python -m pkg a": "python R O -m pkg a",
    "python -Im pkg a": "python -I R O -m pkg a",
    "python -mpkg a": "python R O -m pkg a",
    "python -W error -X dev -Wx a.py": "python -W error -X dev -Wx R O a.py",
    "python --check-hash-based-pycs never a.py": "python --check-hash-based-pycs never R O a.py",
    "uv run a.py b": "uv run python R O a.py b",
    "uv run --with rich -p 3.12 a.py": "uv run --with rich -p 3.12 python R O a.py",
    "uv run -p python3.12 python a.py": "uv run -p python3.12 python R O a.py",
    "uv run -m pkg": "uv run python R O -m pkg",
    "uv run -- python -m pkg": "uv run -- python R O -m pkg",
    "poetry run python a.py": "poetry run python R O a.py",
}


@pytest.mark.parametrize(("command", "expected"), FORMS.items())
def test_forms_of_the_command(command: str, expected: str, tmp_path: Path) -> None:
    words, _ = recorded(command.split(), str(tmp_path / "o"), [])
    short = " ".join(words).replace(str(tmp_path / "o"), "O")
    assert re.sub(r"\S+record\.py", "R", short) == expected


REFUSED = ["", "./a.py", "ruby a.rb", "python", "python -c 1", "python -", "python -um", "uv a.py"]
REFUSED += ["uv run pytest", "uv run --script a", "poetry run agent", "poetry run a.py", "uv run"]


@pytest.mark.parametrize("command", REFUSED)
def test_other_commands_are_refused(command: str, tmp_path: Path) -> None:
    result = report("--record", str(tmp_path / "o"), "--", *command.split())
    assert result.exit_code == 2
    assert f"error: --record cannot run `{command}`; it runs `python script.py" in result.stderr
    assert not (tmp_path / "o").exists()


def test_a_script_with_requirements(tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text("# /// script\n# dependencies = ['rich']\n# ///\n")
    result = report("--record", str(tmp_path / "o"), "--", "uv", "run", str(script))
    assert result.exit_code == 2
    assert f"uv python find --script {script}" in result.stderr


def test_the_output_must_be_writable(tmp_path: Path) -> None:
    command = ("--", sys.executable, "a.py")
    (tmp_path / "a.py").write_text("print()\n")
    for name, cause in (("a.py", "holds no recording"), ("none/o", "No such file")):
        result = report("--record", str(tmp_path / name), *command)
        assert result.exit_code == 2
        assert cause in result.stderr
    assert (tmp_path / "a.py").read_text() == "print()\n"
    missing = report("--record", str(tmp_path / "o"), "--", "/none/python", "a.py")
    assert missing.exit_code == 2
    assert "/none/python: No such file" in missing.stderr


def test_other_options_are_excluded(tmp_path: Path) -> None:
    result = report("--record", str(tmp_path / "o"), "--isolated", "--", "python", "a.py")
    assert result.exit_code == 2
    assert "--record and --isolated exclude each other" in result.stderr


def test_the_command_line(folder: Path) -> None:
    """Declared blocking tools are timed; an earlier recording is replaced."""
    (folder / "pexec.toml").write_text('[[tools]]\nmatch = "tools.*"\nreads = ["crm"]\n')
    put(folder, tools="def load(x):\n    return x\n", main="import tools\ntools.load(1)\n")
    out = folder / "out.jsonl"
    out.write_text('{"tool": "old", "start": 1, "end": 2}\n')
    words = [sys.executable, "-c", REPORT, "--record", "out.jsonl", "--", sys.executable, "main.py"]
    ran = run(words, folder, PYTHONPATH=":".join(sys.path))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    (line,) = out.read_text().splitlines()
    found = json.loads(line)
    assert time.time() - 60 < found.pop("start") <= found.pop("end") <= time.time() + 1
    assert found == {
        "tool": "tools.load",
        "failed": False,
        "file": "main.py",
        "line": 2,
        "column": 1,
        "activation": 1,
    }


def test_nothing_recorded_is_said(folder: Path) -> None:
    put(folder, main="print('hello')\n")
    ran = record(folder, "main.py")
    assert ran.stderr.startswith("pexec: nothing was recorded: no awaited call")


def test_patterns() -> None:
    import tomllib

    names = patterns_of(check(tomllib.loads(CONFIG), "test"))
    assert names[:3] == ("get_user", "get_orders", "save")
    assert "requests.get" in names
    assert not any(name.startswith("mcp:") for name in names)
