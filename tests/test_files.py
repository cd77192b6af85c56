"""Which files are meant, and that a file is replaced as a whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pexec.analyzer import files
from pexec.analyzer.files import FileError, Target, find, write


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def names(found: list[Target]) -> list[str]:
    return [Path(target.filename).as_posix() for target in found]


def test_folder_skips_what_nobody_wrote_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "b.py", "a.py", "note.txt", "pkg/c.py", ".git/x.py", "env/pyvenv.cfg",
         "env/lib/x.py", "pkg/__pycache__/x.py", "node_modules/x.py", "lib/site-packages/x.py",
         ".hidden.py")  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found, missing = find(["."])
    assert names(found) == [".hidden.py", "a.py", "b.py", "pkg/c.py"]
    assert not missing
    assert not any(target.named for target in found)


def test_named_paths_are_taken_whatever_they_are_called(tmp_path: Path) -> None:
    make(tmp_path, "script", ".hidden/x.py", "env/pyvenv.cfg", "env/y.py")
    given = [str(tmp_path / name) for name in ("script", ".hidden", "env")]
    found, _ = find(given)
    assert names(found) == [
        (tmp_path / name).as_posix() for name in ("script", ".hidden/x.py", "env/y.py")
    ]
    assert [target.named for target in found] == [True, False, False]


def test_each_file_once_in_the_order_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "d/b.py")
    monkeypatch.chdir(tmp_path)
    found, _ = find(["d", "./d/b.py", "a.py", "."])
    assert names(found) == ["d/b.py", "a.py"]
    assert [target.named for target in found] == [True, True]


def test_missing_and_broken_paths_are_reported(tmp_path: Path) -> None:
    link = tmp_path / "link.py"
    link.symlink_to(tmp_path / "gone.py")
    _, missing = find([str(tmp_path / "no.py"), str(link)])
    assert [cause for _, cause in missing] == ["no such file or folder", "broken link"]


def test_dash_is_standard_input() -> None:
    found, _ = find(["-"])
    assert [target.is_stdin for target in found] == [True]


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
    make(tmp_path, "real/a.py")
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
