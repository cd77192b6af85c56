"""The bar of long runs: on a terminal's standard error only, and gone at the end."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from commands import CONFIG, TWO

RUN = """\
from pexec.analyzer.report import progress
progress._PATIENCE = {patience}
from pexec.codemods.cli import lint
lint()
"""


def errors_on_a_terminal(folder: Path, patience: float) -> str:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(patience=patience), "--workers=1", str(folder)],
        stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    assert done.returncode == 1
    assert b"PX101" in done.stdout
    assert b"checking" not in done.stdout
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed and all is read
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return shown.decode()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    for number in range(6):
        (tmp_path / f"m{number}.py").write_text(TWO)
    return tmp_path


def test_a_long_run_shows_a_bar_and_takes_it_away(tree: Path) -> None:
    shown = errors_on_a_terminal(tree, 0.0)
    assert "checking" in shown
    assert "/6" in shown
    assert "\x1b[2K" in shown  # the line is erased


def test_a_short_run_shows_nothing(tree: Path) -> None:
    assert errors_on_a_terminal(tree, 1000.0) == ""


def test_no_bar_where_standard_error_is_no_terminal(tree: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(patience=0.0), "--workers=1", str(tree)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 1
