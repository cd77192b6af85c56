"""LibCST's own runner and test case work with the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import libcst
import pytest
from commands import CONFIG, TWO, WRITES, fix
from libcst.codemod import CodemodContext, SkipFile
from pexec.codemods.commands import GatherCommand

COMMAND = "pexec.codemods.commands.GatherCommand"


BIN = Path(sys.executable).parent  # where black is


def codemod(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "libcst.tool", "codemod", "-x", COMMAND, *words],
        cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip


def test_it_does_what_pexec_fix_does(tmp_path: Path) -> None:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    by_libcst, by_us = tmp_path / "a.py", tmp_path / "b.py"
    for path in (by_libcst, by_us):
        path.write_text(f"# é\n{TWO}\n\n{WRITES.replace('page', 'other')}", encoding="utf-8")
    assert fix(str(by_us)).exit_code == 0
    done = codemod(tmp_path, "--no-format", "a.py")
    assert done.returncode == 0, done.stderr
    assert "asyncio.gather" in by_us.read_text(encoding="utf-8")
    assert by_libcst.read_bytes() == by_us.read_bytes()


def test_the_runner_formats_with_black_unless_told_otherwise(tmp_path: Path) -> None:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    (tmp_path / "a.py").write_text(TWO)
    done = codemod(tmp_path, "a.py")
    assert done.returncode == 0, done.stderr
    assert "asyncio.gather" in (tmp_path / "a.py").read_text()


def test_unsafe_fixes_are_an_option(tmp_path: Path) -> None:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    twice = "    await save(uid)\n    await save(uid + 1)\n"
    (tmp_path / "a.py").write_text(WRITES.replace("    await save(uid)\n", twice))
    codemod(tmp_path, "--no-format", "a.py")
    exact = (tmp_path / "a.py").read_text()
    assert codemod(tmp_path, "--no-format", "--unsafe-fixes", "a.py").returncode == 0
    assert (tmp_path / "a.py").read_text() != exact


def test_what_cannot_be_analyzed_is_skipped_with_the_cause(tmp_path: Path) -> None:
    command = GatherCommand(CodemodContext(filename=str(tmp_path / "a.py")))
    bad = TWO.replace("get_user(uid)", "get_user(uid)  # pexec: nonsense")
    with pytest.raises(SkipFile, match=r"nonsense"):
        command.transform_module(libcst.parse_module(bad))


def test_without_a_file_nothing_is_read_from_disk() -> None:
    tree = libcst.parse_module(TWO)
    assert GatherCommand(CodemodContext()).transform_module(tree).code == TWO
