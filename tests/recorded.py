"""Programs that are run as they are, and recorded: both must look the same from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from pexec.analyzer.recording import recorded
from pexec.analyzer.timings import Timing, read_timings

TOOLS = """\
    import asyncio

    async def get(x=0, wait=0.05):
        await asyncio.sleep(wait)
        if x == "bad":
            raise LookupError(x)
        return x

    class Session:
        async def call_tool(self, name, arguments=None):
            await asyncio.sleep(0.01)
            if name.startswith("bad"):
                raise LookupError(name)
            return name
    """
REPORT = "from pexec.codemods.cli import report; report()"
PYTHON = os.environ.get("PEXEC_TEST_PYTHON", sys.executable)  # what runs the programs
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PEXEC_RECORD")}


@dataclass(frozen=True)
class Ran:
    """How a program ended, and what was recorded of it."""

    code: int
    stdout: str
    stderr: str
    timings: tuple[Timing, ...]

    @property
    def tools(self) -> list[str]:
        return [t.tool for t in self.timings if t.tool != "asyncio.sleep"]

    def seconds(self, tool: str) -> list[float]:
        return [round(t.end - t.start, 2) for t in self.timings if t.tool == tool]


def put(folder: Path, files: Mapping[str, str] | None = None, **modules: str) -> None:
    """Files by their paths, or by the names of modules."""
    for name, text in {**(files or {}), **{f"{n}.py": t for n, t in modules.items()}}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


def run(words: Sequence[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=folder,
        env=ENVIRONMENT | more,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def record(folder: Path, *words: str, patterns: Sequence[str] = ()) -> Ran:
    """Record `python WORDS…` in a folder."""
    out = folder.parent / f"{folder.name}.jsonl"
    out.unlink(missing_ok=True)
    command, environment = recorded([PYTHON, *words], str(out), patterns)
    ran = run(command, folder, PEXEC_RECORD=environment["PEXEC_RECORD"])
    return Ran(ran.returncode, ran.stdout, ran.stderr, read_timings(out) if out.exists() else ())


def _depth(text: str) -> str:
    """Recursion ends a few calls earlier."""
    return re.sub(r"repeated \d+ more", "repeated", text)


NOTHING = "pexec: nothing was recorded"


def both(folder: Path, *words: str, patterns: Sequence[str] = ()) -> Ran:
    """Run a program as it is and recorded; exit code and all that is printed are the same."""
    plain, ran = run([PYTHON, *words], folder), record(folder, *words, patterns=patterns)
    own = [line for line in ran.stderr.splitlines(True) if not line.startswith(NOTHING)]
    assert (plain.returncode, plain.stdout) == (ran.code, ran.stdout), ran.stderr
    assert _depth(plain.stderr) == _depth("".join(own))
    return ran


def project(tmp_path: Path) -> Path:
    """A folder with a module of tools."""
    folder = tmp_path / "project"
    folder.mkdir()
    put(folder, tools=TOOLS)
    return folder
