"""Reading and writing files: each is replaced as a whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STDIN = "-"


class FileError(Exception):
    """A file that cannot be read or written; the message is the cause alone."""


@dataclass(frozen=True, slots=True)
class Target:
    """One file to look at. ``filename`` is printed; ``named`` if it was written by hand.

    ``left_out``: standard input that is excluded; a filter hands its bytes on as they are.
    """

    filename: str
    named: bool
    left_out: bool = False

    @property
    def is_stdin(self) -> bool:
        return self.filename == STDIN


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
    same file, a hard link, keeps the old content). A file that nobody may write is left alone, also
    by root. If ``expected`` is given, a file that holds anything else by now is left alone.
    """
    path = os.path.realpath(filename)
    try:
        before = os.stat(path)
        if not stat.S_ISREG(before.st_mode):
            raise FileError("not a regular file")
        if not stat.S_IMODE(before.st_mode) & 0o222:
            raise FileError("the file is read-only")
        if not os.access(path, os.W_OK):
            raise FileError("Permission denied")
        if expected is not None and Path(path).read_bytes() != expected:
            raise FileError("changed on disk since it was read; left alone")
        with _undisturbed():
            _replace(path, data, before)
    except OSError as error:
        raise FileError(_cause(error)) from None


def _replace(path: str, data: bytes, before: os.stat_result) -> None:
    folder, name = os.path.split(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            with suppress(PermissionError):
                os.chown(temporary, before.st_uid, before.st_gid)
        os.chmod(temporary, stat.S_IMODE(before.st_mode))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


@contextmanager
def _undisturbed() -> Generator[None]:
    """Signals that end the program are acted on when the temporary file is gone again.

    Handlers, not a signal mask: Python runs a handler in the main thread whichever thread the
    system woke for it. In another thread nothing is to be done, as no handler runs there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before: dict[int, Any] = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows knows no SIGHUP
        if number is not None and signal.getsignal(number) is not None:
            before[number] = signal.signal(number, lambda got, _: arrived.append(got))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in arrived:
            signal.raise_signal(number)


def _cause(error: OSError) -> str:
    return error.strerror or str(error)
