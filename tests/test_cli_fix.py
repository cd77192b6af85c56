"""``pexec-fix``: files, filter, diff, exit codes; and all commands as processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import CONFIG, FLOW, TWO, fix, objects, put


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


def test_fix_in_place_then_nothing(here: Path) -> None:
    put(here, agent=TWO, other=FLOW)
    first = fix(".")
    assert first.exit_code == 0
    assert "PX101 [fixed] 2 independent calls were awaited" in first.stdout
    assert first.stdout.splitlines()[-1].endswith("fixed 1 finding in 1 file, 0 notes.")
    fixed = (here / "agent.py").read_text()
    assert "asyncio.ensure_future(get_orders(uid))" in fixed
    assert (here / "other.py").read_text() == FLOW
    assert fix("--exit-non-zero-on-fix", ".").exit_code == 0
    assert (here / "agent.py").read_text() == fixed


def test_exit_non_zero_on_fix(here: Path) -> None:
    put(here, agent=TWO)
    assert fix("--exit-non-zero-on-fix", ".").exit_code == 1
    assert (here / "agent.py").read_text() != TWO


def test_check_changes_nothing(here: Path) -> None:
    put(here, agent=TWO)
    result = fix("--check", ".")
    assert result.exit_code == 1
    assert "would fix 1 finding in 1 file" in result.stdout
    assert (here / "agent.py").read_text() == TWO
    put(here, agent=FLOW)
    assert fix("--check", ".").exit_code == 0


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["newline", "no-newline"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_diff_is_a_patch(here: Path, ending: str, last: bool, mark: bytes) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    source = TWO.replace("    return user, orders\n", "")
    data = mark + (source if last else source[:-1]).replace("\n", ending).encode()
    (here / "agent.py").write_bytes(data)
    result = fix("--diff", "./agent.py")
    assert result.exit_code == 1
    assert result.stdout_bytes.startswith(b"--- a/agent.py\n+++ b/agent.py\n@@ ")
    assert result.stderr.startswith("Checked 1 file: ")
    assert (here / "agent.py").read_bytes() == data
    git = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(git, input=result.stdout_bytes, check=True, cwd=here)
    patched = (here / "agent.py").read_bytes()
    (here / "agent.py").write_bytes(data)
    fix("agent.py")
    assert patched == (here / "agent.py").read_bytes() != data


def test_filter(here: Path) -> None:
    result = fix("-", stdin=TWO)
    assert result.exit_code == 0
    assert "ensure_future" in result.stdout
    assert result.stderr.startswith("Checked 1 file: ")
    same = fix("-", stdin=b"\xef\xbb\xbfx = 1\r\n")
    assert same.stdout_bytes == b"\xef\xbb\xbfx = 1\r\n"
    assert fix("-", "--check", stdin=TWO).exit_code == 1
    assert fix("-", "--diff", "--stdin-filename", "a.py", stdin=TWO).stdout.startswith("--- a/a.py")
    broken = fix("-", stdin="def f(:\n    await a; await b\n")
    assert (broken.exit_code, broken.stdout) == (2, "def f(:\n    await a; await b\n")


def test_file_that_cannot_be_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pexec.analyzer import files

    put(here, agent=TWO, other=TWO)

    def full(filename: str, data: bytes, *, expected: bytes | None = None) -> None:
        if filename == "agent.py":
            raise files.FileError("No space left on device")
        Path(filename).write_bytes(data)

    monkeypatch.setattr(files, "write", full)
    result = fix(".")
    assert result.exit_code == 2
    assert "agent.py:1:1: not fixed: it cannot be written: No space left" in result.stderr
    assert "fixed 1 finding in 1 file" in result.stdout
    assert "ensure_future" in (here / "other.py").read_text()


def test_json_of_a_fix(here: Path) -> None:
    put(here, agent=TWO)
    result = fix("--output-format", "json", "agent.py")
    assert result.exit_code == 0
    assert [o["code"] for o in objects(result)] == ["PX101"]


def test_style_of_the_command_line(here: Path) -> None:
    result = fix("-", "--style", "taskgroup", "--config", 'failures = "first"', stdin=TWO)
    assert "async with asyncio.TaskGroup() as" in result.stdout


def test_print_helper(here: Path) -> None:
    result = fix("--print-helper")
    assert result.exit_code == 0
    namespace: dict[str, Any] = {}
    exec(compile(result.stdout, "helper", "exec"), namespace)
    assert callable(namespace["gather_in_order"])


# -- as processes ------------------------------------------------------------------------------


def process(code: str, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", code, *args], input=stdin, capture_output=True)


@pytest.mark.parametrize("name", ["lint", "fix", "report"])
def test_version_imports_no_libcst(here: Path, name: str) -> None:
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: sys.stderr.write(' '.join({'libcst', 'networkx'} & "
        "set(sys.modules))))\n"
        f"from pexec.codemods.cli import {name}; {name}()"
    )
    done = process(code, "--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(f"pexec-{name} ".encode())
    put(here, agent="async def f():\n    await g()\n")
    if name != "report":
        assert process(code, "agent.py").stderr.strip() == b""


def test_console_scripts(here: Path) -> None:
    put(here, agent=TWO)
    run = "from pexec.codemods.cli import {0}; {0}()"
    found = process(run.format("lint"), "agent.py")
    assert found.returncode == 1
    assert b"\x1b[" not in found.stdout
    filtered = process(run.format("fix"), "-", stdin=TWO.replace("\n", "\r\n").encode())
    assert filtered.returncode == 0
    assert filtered.stdout.count(b"\r\n") == filtered.stdout.count(b"\n") > 4
    assert process(run.format("fix"), "agent.py").returncode == 0
    assert process(run.format("lint"), "agent.py").returncode == 0
    assert process(run.format("report"), "agent.py").returncode == 0


def test_library_names_are_there_when_asked_for() -> None:
    import pexec.codemods as codemods

    assert codemods.parallelize("x = 1\n").source == "x = 1\n"
    with pytest.raises(AttributeError):
        _ = codemods.nothing
