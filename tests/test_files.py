"""A file is replaced as a whole or not at all, whatever happens."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest
from commands import CONFIG, TWO, fix
from pexec.analyzer import files
from pexec.analyzer.config import Config
from pexec.analyzer.engine import analyze_bytes
from pexec.analyzer.files import FileError, write
from pexec.analyzer.interrupts import interruption


def test_write_keeps_mode_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old\r\n")
    path.chmod(0o751)
    write(str(path), b"new\r\n", expected=b"old\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == ["a.py"]


def test_write_follows_links(tmp_path: Path) -> None:
    target = tmp_path / "real" / "a.py"
    target.parent.mkdir()
    target.touch()
    link = tmp_path / "a.py"
    link.symlink_to(target)
    write(str(link), b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"somebody else's")
    with pytest.raises(FileError, match="changed on disk"):
        write(str(path), b"new", expected=b"old")
    assert path.read_bytes() == b"somebody else's"


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_failure_half_way_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(FileError, match="No space left"):
        write(str(path), b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]


def test_what_is_no_regular_file_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="not a regular file"):
        write(str(tmp_path), b"new")
    with pytest.raises(FileError, match="No such file"):
        write(str(tmp_path / "no.py"), b"new")


def test_a_file_that_nobody_may_write_is_left_alone_also_by_root(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(FileError, match="read-only"):
        write(str(path), b"new")
    assert path.read_bytes() == b"old"


def test_a_signal_waits_until_the_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.os, "fsync", lambda _: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        write(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.py"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


FIX = "from pexec.codemods.cli import fix; fix()"
ENDS = {0, 1, 130}  # all done before the signal came, some done, interrupted


@pytest.mark.parametrize("seed", range(6))
def test_interrupted_at_any_moment_every_file_is_old_or_new(tmp_path: Path, seed: int) -> None:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    body = TWO.replace("page", "page{n}")
    old = "\n\n".join(body.format(n=n) for n in range(12))
    for number in range(40):
        (tmp_path / f"m{number}.py").write_text(old)
    whole = tmp_path / "whole.py"
    whole.write_text(old)
    assert fix(str(whole)).exit_code == 0
    new = whole.read_text()
    assert new != old
    process = subprocess.Popen(
        [sys.executable, "-c", FIX, str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.3 + random.Random(seed).random() * 1.7)  # during start-up, reading, writing
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    early = process.returncode == -signal.SIGINT or "KeyboardInterrupt" in errors
    assert process.returncode in ENDS or early  # before `main` began, or when all was done
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*(f"m{n}.py" for n in range(40)), "whole.py", "pexec.toml"}
    assert {path.read_text() for path in tmp_path.glob("m*.py")} <= {old, new}


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), SystemExit(143)])
def test_an_interruption_within_another_error_is_no_internal_error(ending: BaseException) -> None:
    class Attribute:
        def __set_name__(self, owner: type, name: str) -> None:
            raise ending  # comes out of the class statement as a RuntimeError before Python 3.12

    def rewriter(*_: object) -> NoReturn:
        class Node:
            field = Attribute()

        raise AssertionError(Node)

    with pytest.raises(type(ending)):
        analyze_bytes(TWO.encode(), "a.py", Config(), rewriter, screened=False)


def test_an_interruption_that_was_dealt_with_is_none() -> None:
    error = ValueError("its own")
    error.__context__ = KeyboardInterrupt()
    assert interruption(error) is error.__context__
    error.__suppress_context__ = True  # `raise … from None`
    assert interruption(error) is None
