"""Baselines: findings that are known and left for later, kept in a file.

The file is JSON with one finding per line, sorted, so that two versions of it can be compared:
``{"version": 1, "findings": [{"path": …, "code": …, "function": …, "fingerprint": …}, …]}``. Paths
are written with ``/`` and count from the file's own folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from .engine import Analyzed, Skipped
from .errors import ConfigError
from .files import FileError, write
from .fingerprint import fingerprints
from .run import Outcome

VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One finding that is known."""

    path: str
    function: str
    code: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline file holds."""

    filename: str
    entries: frozenset[Entry] = frozenset()


def read(filename: str, *, missing_ok: bool = False) -> Baseline:
    """Read a baseline. Raises ConfigError if it is no baseline of this version."""
    try:
        data: Any = json.loads(Path(filename).read_bytes())
    except FileNotFoundError:
        if missing_ok:
            return Baseline(filename)
        raise ConfigError(
            f"{filename}: no such baseline; `--write-baseline {filename}` writes one"
        ) from None
    except OSError as error:
        raise ConfigError(f"{filename}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{filename}: not a baseline: not valid JSON: {error}") from None
    keys = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    version = keys.get("version")
    if type(version) is int and version > VERSION:
        raise ConfigError(
            f"{filename}: written by a newer pexec (baseline version {version}, this one reads "
            f"{VERSION}); update pexec, or delete the file and write it anew"
        )
    findings = keys.get("findings")
    if version != VERSION or type(version) is not int or not isinstance(findings, list):
        raise ConfigError(f'{filename}: not a baseline: it has no "version": {VERSION} or no list '
                          'of "findings"; delete it and write it anew')  # fmt: skip
    entries = [_entry(e, f"{filename}: finding #{i}")
               for i, e in enumerate(cast("list[Any]", findings), 1)]  # fmt: skip
    return Baseline(filename, frozenset(entries))


def _entry(value: Any, where: str) -> Entry:
    keys = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    words = [keys.get(name) for name in Entry.__slots__]
    if not all(isinstance(word, str) for word in words):
        raise ConfigError(f"{where}: {', '.join(Entry.__slots__)} must be text; write it anew")
    return Entry(*cast("list[str]", words))


def left_out(outcomes: Sequence[Outcome], baseline: Baseline) -> list[Outcome]:
    """The outcomes without the findings of the baseline; what no longer occurs is counted."""
    by_path: dict[str, list[Entry]] = {}
    for entry in baseline.entries:
        by_path.setdefault(entry.path, []).append(entry)
    found: list[Outcome] = []
    for outcome in outcomes:
        result = outcome.result
        known = frozenset(
            e
            for e in by_path.get(_path(outcome, baseline.filename), ())
            if e.code in outcome.job.config.select
        )
        if isinstance(result, Analyzed):
            result = _without(result, known, _entries(outcome, baseline.filename))
        elif isinstance(result, Skipped):
            result = replace(result, outdated=len(known))
        found.append(replace(outcome, result=result))
    return found


def _without(result: Analyzed, known: frozenset[Entry], entries: Sequence[Entry]) -> Analyzed:
    reported = result.reported
    old = [f for f, e in zip(reported, entries, strict=True) if e in known]
    return replace(
        result,
        findings=tuple(f for f in result.findings if f not in old),
        unused=tuple(f for f in result.unused if f not in old),
        unknown=tuple(f for f in result.unknown if f not in old),
        races=tuple(f for f in result.races if f not in old),
        baselined=len(old),
        outdated=len(known - set(entries)),
    )


def save(outcomes: Sequence[Outcome], filename: str) -> int:
    """Write the findings to a baseline, and say how many there are in these outcomes.

    Entries stay of files that were not checked and still exist, and of codes that were not looked
    for. Raises ConfigError.
    """
    kept = set(read(filename, missing_ok=True).entries)
    new: set[Entry] = set()
    for outcome in outcomes:
        path = _path(outcome, filename)
        if not path:
            raise ConfigError("--write-baseline: standard input needs a name (--stdin-filename)")
        if isinstance(outcome.result, (Analyzed, Skipped)):
            codes = outcome.job.config.select
            kept = {e for e in kept if e.path != path or e.code not in codes}
            new.update(_entries(outcome, filename))
    folder = _folder(filename)
    kept = {e for e in kept if os.path.exists(os.path.join(folder, e.path))}
    data = _rendered(kept | new).encode("utf-8", "surrogatepass")  # as `json.loads` reads it
    try:
        if not os.path.exists(filename):
            Path(filename).write_bytes(data)
        elif data != Path(filename).read_bytes():
            write(filename, data)
    except (FileError, OSError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{filename}: the baseline cannot be written: {cause}") from None
    return len(new)


def _rendered(entries: Iterable[Entry]) -> str:
    lines = [
        json.dumps({"path": e.path, "code": e.code, "function": e.function,
                    "fingerprint": e.fingerprint}, ensure_ascii=False)
        for e in sorted(entries)
    ]  # fmt: skip
    body = ",\n".join(f"    {line}" for line in lines)
    listed = f"[\n{body}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'


def _entries(outcome: Outcome, filename: str) -> list[Entry]:
    """The entries of a file's findings, in order."""
    result = outcome.result
    if not isinstance(result, Analyzed):
        return []
    path = _path(outcome, filename)
    prints = fingerprints(result.source.text, result.reported)
    return [
        Entry(path, f.function, f.code, p) for f, p in zip(result.reported, prints, strict=True)
    ]


def _path(outcome: Outcome, filename: str) -> str:
    """A file's path from the baseline's folder; "" for standard input without a name."""
    name = outcome.job.filename
    if name == "-":
        return ""
    folder, own = os.path.split(name)
    real = os.path.join(os.path.realpath(folder), own)
    try:
        path = os.path.relpath(real, _folder(filename))
    except ValueError:  # on another drive
        path = real
    return path.replace(os.sep, "/")


def _folder(filename: str) -> str:
    return os.path.realpath(os.path.dirname(filename))
