"""Findings as workflow commands, which GitHub Actions shows as annotations of a pull request.

The commands and their escaping are those of GitHub's own toolkit (``actions/toolkit``,
``packages/core/src/command.ts``: ``escapeData``, ``escapeProperty``).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..spans import line_text
from .diagnostic import Diagnostic, Failure
from .paths import Paths
from .summary import plural

#: The runner keeps ten warnings, ten errors and ten notices of a step (``actions/toolkit``,
#: ``docs/problem-matchers.md``, "Limitations") and drops the others without a word. All kinds
#: together are kept to ten here: a job shows fifty of all its steps, and other tools want some.
LIMIT = 10


def render(found: Sequence[Diagnostic], failed: Sequence[Failure], paths: Paths) -> str:
    """A command per line: files that failed, then findings, never more than :data:`LIMIT`.

    Where there are more, a last one counts what is left out, and of the findings those stay that
    save most: which file comes first says nothing about what is worth a reader's time.
    """
    if len(found) + len(failed) <= LIMIT:
        return "\n".join([_failure(f, paths) for f in failed] + [_finding(d, paths) for d in found])
    room = LIMIT - 1
    broken = failed[:room]
    best = sorted(range(len(found)), key=lambda i: -found[i].gain_ms)[: room - len(broken)]
    lines = [_failure(f, paths) for f in broken] + [_finding(found[i], paths) for i in sorted(best)]
    return "\n".join([*lines, _rest(len(found) - len(best), len(failed) - len(broken))])


def _finding(item: Diagnostic, paths: Paths) -> str:
    path, start, end = paths.posix(item.filename), item.start, item.end
    where: dict[str, object] = {"file": path, "line": start.line}
    if (
        start.line == end.line and start.column
    ):  # elsewhere columns are refused (AnnotationProperties, toolkit)
        where |= {"col": start.column, "endLine": end.line, "endColumn": end.column}
    else:
        where["endLine"] = end.line
    place = item.place or f"{start.line}:{start.column}"
    words = f"{path}:{place}: {item.code} {item.message}"
    return _command("warning", {"title": f"pexec ({item.code})", **where}, words)


def _failure(item: Failure, paths: Paths) -> str:
    path = paths.posix(item.filename)
    where: dict[str, object] = {"title": "pexec (not checked)", "file": path}
    if item.start is None:
        return _command("error", where, f"{path}: {item.message}")
    if not item.cell:  # the file is JSON: a line of a cell is no line of it
        where |= {"line": item.start.line, "col": item.start.column}
    at = f"{line_text(item.cell, item.start.line)}:{item.start.column}"
    return _command("error", where, f"{path}:{at}: {item.message}")


def _rest(findings: int, failures: int) -> str:
    counts = [plural(findings, "more finding")] if findings else []
    counts += [plural(failures, "more file") + " not checked"] if failures else []
    words = f"{' and '.join(counts)}; GitHub shows ten annotations of a step at most"
    return _command("notice", {"title": "pexec"}, words)


def _command(name: str, properties: dict[str, object], message: str) -> str:
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
