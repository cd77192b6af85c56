"""Which files are meant, and reading and writing them: the only place that touches the disk."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STDIN = "-"
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages"})


class FileError(Exception):
    """A file that cannot be read or written; the message is the cause alone."""


@dataclass(frozen=True, slots=True)
class Target:
    """One file to look at. ``filename`` is printed; ``named`` if it was written by hand."""

    filename: str
    named: bool

    @property
    def is_stdin(self) -> bool:
        return self.filename == STDIN


def find(paths: Iterable[str]) -> tuple[list[Target], list[tuple[str, str]]]:
    """The files that ``paths`` mean, each once, and (path, cause) of those that mean nothing.

    A file is taken whatever it is called; of a folder all ``*.py`` are, in name order, without
    hidden folders, virtual environments (``pyvenv.cfg``, PEP 405), ``__pycache__``,
    ``node_modules`` and ``site-packages``. A folder that is named itself is never skipped.
    """
    found: dict[str, Target] = {}
    missing: list[tuple[str, str]] = []
    for path in paths:
        if path == STDIN:
            found.setdefault(STDIN, Target(STDIN, True))
        elif os.path.isdir(path):
            for name in _walk(path, missing):
                found.setdefault(os.path.realpath(name), Target(name, False))
        elif os.path.lexists(path) and os.path.exists(path):
            real = os.path.realpath(path)
            known = found.get(real)
            found[real] = Target(known.filename if known else path, True)
        else:
            broken = os.path.lexists(path)
            missing.append((path, "broken link" if broken else "no such file or folder"))
    return list(found.values()), missing


def _walk(folder: str, missing: list[tuple[str, str]]) -> Iterator[str]:
    def failed(error: OSError) -> None:
        missing.append((str(error.filename), error.strerror or str(error)))

    for place, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not _skipped(place, name))
        for name in sorted(files):
            path = os.path.join(place, name)
            if name.endswith(".py") and os.path.isfile(path):
                yield path if folder != "." else os.path.normpath(path)


def _skipped(place: str, name: str) -> bool:
    return (
        name.startswith(".")
        or name in _SKIPPED
        or os.path.isfile(os.path.join(place, name, "pyvenv.cfg"))
    )


def read(target: Target) -> bytes:
    """The bytes of a file, or of standard input. Raises FileError."""
    try:
        if target.is_stdin:
            return sys.stdin.buffer.read()
        return Path(target.filename).read_bytes()
    except OSError as error:
        raise FileError(_cause(error)) from None


def write(filename: str, data: bytes, *, expected: bytes | None = None) -> None:
    """Replace a file's content as a whole or not at all. Raises FileError.

    A link is followed to its target; mode and, where allowed, owner are kept (another name of the
    same file, a hard link, keeps the old content). If ``expected`` is given, a file that holds
    anything else by now is left alone.
    """
    path = os.path.realpath(filename)
    temporary = ""
    try:
        before = os.stat(path)
        if not stat.S_ISREG(before.st_mode):
            raise FileError("not a regular file")
        if not os.access(path, os.W_OK):
            raise FileError("Permission denied")
        if expected is not None and Path(path).read_bytes() != expected:
            raise FileError("changed on disk since it was read; left alone")
        folder, name = os.path.split(path)
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(temporary, before.st_uid, before.st_gid)
        os.chmod(temporary, stat.S_IMODE(before.st_mode))
        os.replace(temporary, path)
        temporary = ""
    except OSError as error:
        raise FileError(_cause(error)) from None
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


def _cause(error: OSError) -> str:
    return error.strerror or str(error)
