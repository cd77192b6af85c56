"""A file of timings → its calls, whatever its format is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..errors import ConfigError
from .otlp import Otlp, of_otlp
from .plain import Plain, plain
from .timing import BadRecord, Format, Timing, is_object
from .transcripts import Claude, Codex, of_claude, of_codex

_KNOWN: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[], Format]], ...] = (
    (of_otlp, Otlp),
    (plain, Plain),
    (of_claude, Claude),
    (of_codex, Codex),
)
_FORMATS = (
    'JSON lines of {"tool", "start", "end"}, OTLP/JSON, sessions of Claude Code or Codex '
    "(docs/traces.md)"
)
_MEND = "delete the line, or write the file anew"


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    record: dict[str, Any]


def read_timings(path: Path) -> tuple[Timing, ...]:
    """The timed calls of a trace, in the order of the file; those that did not end are left out.

    The format is told from the content. The file is read line by line, except an OTLP export that
    is one JSON text over several lines. A last line that is cut off, because the file is still
    being written, is left out; an empty file holds no calls.

    Raises ConfigError, which names file, line, cause and the way out.
    """
    reader: Format | None = None
    line: _Line | None = None
    try:
        for line in _lines(path):
            reader = reader or _format(line.record)
            if reader is not None:
                reader.feed(line.record)
        if reader is not None:
            return tuple(reader.timings())
    except BadRecord as error:
        _fail(path, line.number if line else 1, f"{error}; {_MEND}")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    if line is None:
        return ()
    raise ConfigError(f"{path}: no timed call of a known format in it; known are {_FORMATS}")


def _format(record: dict[str, Any]) -> Format | None:
    """What reads a file that holds this record; None if that is not clear yet: sessions begin with
    lines that other tools may write as well."""
    return next((make() for known, make in _KNOWN if known(record)), None)


def _lines(path: Path) -> Iterator[_Line]:
    """The objects of the lines. A last line without its end that cannot be read is left out."""
    with path.open("rb") as file:
        first = True
        for number, data in enumerate(file, 1):
            if number == 1:
                data = data.removeprefix(b"\xef\xbb\xbf")
            if not data.strip():
                continue
            try:
                yield _Line(number, _object(data))
            except BadRecord as error:
                if first:
                    file.seek(0)
                    yield _Line(1, _whole(path, file.read(), number, error))
                    return
                if not data.endswith(b"\n"):
                    return
                _fail(path, number, f"{error}; {_MEND}")
            first = False


def _whole(path: Path, data: bytes, number: int, error: BadRecord) -> dict[str, Any]:
    """A file that is one JSON text, laid out over several lines."""
    try:
        record = _object(data.removeprefix(b"\xef\xbb\xbf"))
    except BadRecord as whole:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
            _fail(path, number, f"{error}; known formats are {_FORMATS}")
        _fail(path, whole.line or number, f"{whole}; {_MEND}")
    if not of_otlp(record):
        _fail(path, number, f"{error}; only an OTLP export may stand on several lines")
    return record


def _object(data: bytes) -> dict[str, Any]:
    """Raises BadRecord, with the line within ``data`` where that is known."""
    try:
        value: object = json.loads(data.decode("utf-8"), parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise BadRecord(f"not valid JSON: {error.msg}", error.lineno) from None
    except UnicodeDecodeError:
        raise BadRecord("not UTF-8") from None
    except RecursionError:
        raise BadRecord("nested too deeply") from None
    except ValueError as error:  # a number of more digits than Python takes
        raise BadRecord(f"not valid JSON: {error}") from None
    if not is_object(value):
        raise BadRecord("a JSON object is expected")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _fail(path: Path, number: int, words: str) -> NoReturn:
    raise ConfigError(f"{path}:{number}: {words}")
