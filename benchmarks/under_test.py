"""The one place where the benchmarks call pexec: as a library, and as the commands that users run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from corpus import SETTINGS
from pexec.analyzer.cli import lint_command
from pexec.analyzer.engine import Result
from pexec.analyzer.run import Request, run
from pexec.codemods.rewrite import rewrite


def results(folder: Path, *, unsafe: bool, files: Sequence[Path] = ()) -> list[Result]:
    """What pexec finds in a copy of a package, or in some of its files."""
    paths = tuple(str(path) for path in files) or (str(folder),)
    request = Request(paths, config=folder / SETTINGS, unsafe=unsafe)
    outcomes, missing = run(request, rewrite)
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


def fix(folder: Path, *, unsafe: bool) -> subprocess.CompletedProcess[str]:
    """Run ``pexec-fix`` on a copy of a package, in a process of its own."""
    options = ("--unsafe-fixes",) if unsafe else ()
    return subprocess.run(
        command("fix", folder, *options), capture_output=True, text=True, check=False
    )
