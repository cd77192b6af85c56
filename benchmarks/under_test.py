"""The one place where the benchmarks call pexec: as a library, and as commands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from corpus import SETTINGS
from pexec.analyzer.cli import lint_command
from pexec.analyzer.config import Config
from pexec.analyzer.engine import Analysis, Analyzed, Result, counts_of
from pexec.analyzer.notes import blocked_of
from pexec.analyzer.run import run
from pexec.analyzer.settings import Request
from pexec.codemods.rewrite import rewrite

_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*")  # not `?`, `f().x` or `a[].x`: no entry matches these


def results(
    folder: Path,
    *,
    unsafe: bool,
    files: Sequence[Path] = (),
    workers: int = 1,
    settings: str = SETTINGS,
) -> list[Result]:
    """What pexec finds in a copy of a package, or in some of its files."""
    paths = tuple(str(path) for path in files) or (str(folder),)
    request = Request(paths, config=folder / settings, unsafe=unsafe, workers=workers)
    return _run(request, rewrite)


def unknown_calls(folder: Path, *, workers: int = 1) -> list[str]:
    """The qualified names of all calls of a package of which pexec knows nothing.

    Those of the standard library are left out: what is unknown of them (a `gather` of unknown
    coroutines, a pause) is so for a reason.
    """
    request = Request((str(folder),), config=folder / SETTINGS, workers=workers)
    found = {
        name
        for result in _run(request, _only_unknown)
        if isinstance(result, Analyzed)
        for note in result.blocked
        for name, _ in note.undeclared
    }
    return sorted(name for name in found if _NAME.fullmatch(name) and not _is_standard(name))


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _only_unknown(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
    """Instead of a rewrite: the unknown calls, handed on in the notes."""
    facts = [analysis.inference.facts(call) for call in analysis.module.calls.values()]
    names = tuple((f.name, 0) for f in facts if f.everything and not f.known)
    notes = tuple(replace(note, undeclared=names) for note in blocked_of(analysis)[:1])
    return Analyzed(filename, (), 0, notes, counts_of(analysis), analysis.source)


def _run(request: Request, rewriter: object) -> list[Result]:
    outcomes, missing = run(request, rewriter)
    if missing:
        raise FileNotFoundError(f"{missing[0][0]}: {missing[0][1]}")
    return [outcome.result for outcome in outcomes]


def command(name: str, folder: Path, *options: str) -> list[str]:
    """The command line of ``pexec-fix`` or ``pexec-lint`` over a copy of a package."""
    program = f"from pexec.codemods import cli; cli.{name}()"
    settings = ("--config", str(folder / SETTINGS))
    return [sys.executable, "-c", program, *settings, *options, str(folder)]


def understands(option: str) -> bool:
    """Has ``pexec-lint`` this option?"""
    return any(option in parameter.opts for parameter in lint_command.params)


def fix(folder: Path, *, unsafe: bool, workers: int = 1) -> subprocess.CompletedProcess[str]:
    """Run ``pexec-fix`` on a copy of a package, in a process of its own."""
    options = ("--unsafe-fixes",) if unsafe else ()
    return subprocess.run(
        command("fix", folder, *options, "--workers", str(workers)),
        capture_output=True,
        text=True,
        check=False,
    )
