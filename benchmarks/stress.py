"""Time and memory of `pexec-lint` over a large package, beside those of `ast.parse` in the same run.

    python benchmarks/stress.py            # homeassistant, as Markdown
    python benchmarks/stress.py --write    # into docs/performance.md, with the growth of scaling.py

Exits with 1 if pexec crashes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import corpus
import pages
import scaling
import under_test

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
PARSER = Path(__file__).with_name("parse_tree.py")
#: `ru_maxrss` is in kilobytes, on macOS in bytes (getrusage(2) of either)
UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended. ``peak`` is the resident size of the largest process in it."""

    code: int
    output: str
    errors: str
    seconds: float
    peak: int


def measured(command: Sequence[str]) -> Ended:
    """Run a command to its end, and say what it and its children took."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)  # usage of this child and those it waited for
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return Ended(process.returncode, *texts, seconds, usage.ru_maxrss * UNIT)


def lint(folder: Path, workers: int) -> Ended:
    """``pexec-lint`` over a folder, without a cache from an earlier run."""
    options = ["--workers", str(workers)]
    if under_test.understands("--no-cache"):
        options.append("--no-cache")
    return measured(under_test.command("lint", folder, *options))


def crashes(run: Ended) -> list[str]:
    """What went wrong inside pexec, as against inside the files it reads."""
    lines = run.errors.splitlines()
    found = [line for line in lines if "internal error" in line or "Traceback" in line]
    return found if found or run.code in (0, 1, 2) else [f"ended with {run.code}"]


def last_line(run: Ended) -> str:
    lines = run.output.strip().splitlines()
    return lines[-1] if lines else "(no output)"


def stress_table(parsed: Ended, runs: dict[int, Ended]) -> str:
    """A row for `ast.parse`, and one for each number of workers."""
    rows = [["`ast.parse`", *_figures(parsed), "1.0x", "1.0x"]]
    for workers, run in runs.items():
        plural = "worker" if workers == 1 else "workers"
        rows.append(
            [f"`pexec-lint`, {workers} {plural}", *_figures(run),
             f"{run.seconds / parsed.seconds:.1f}x", f"{run.peak / parsed.peak:.1f}x"]
        )  # fmt: skip
    head = ["", "wall time", "largest process", "time to `ast.parse`", "memory to `ast.parse`"]
    return pages.table(head, rows)


def _figures(run: Ended) -> list[str]:
    return [f"{run.seconds:.1f} s", f"{run.peak / 1e6:.0f} MB"]


@click.command()
@click.option("--package", "name", default="homeassistant", show_default=True)
@click.option("--cache", type=click.Path(path_type=Path), default=corpus.default_cache,
              help="Folder for downloads, outside the repository.")
@click.option("--workers", type=click.IntRange(1), multiple=True, default=(1, 2),
              show_default=True, help="Numbers of worker processes; may be repeated.")
@click.option("--write", is_flag=True, help="Put all figures into docs/performance.md.")
@click.pass_context  # fmt: skip
def main(
    ctx: click.Context, name: str, cache: Path, workers: Sequence[int], write: bool
) -> None:
    """Time and memory of pexec-lint over a large package."""
    package = corpus.package(name)
    with corpus.copy_of(package, cache) as folder:
        measured([sys.executable, str(PARSER), str(folder)])  # so that the files are in memory
        parsed = measured([sys.executable, str(PARSER), str(folder)])
        runs = {n: lint(folder, n) for n in workers}
    counts = json.loads(parsed.output)
    unread = [line for line in runs[workers[0]].errors.splitlines() if re.search(r":\d+:\d+: ", line)]
    wrong = [words for run in runs.values() for words in crashes(run)]
    text = "\n\n".join(
        [
            f"`{package.pin}`: {counts['files']:,} files, of which Python "
            f"{sys.version_info.major}.{sys.version_info.minor}'s own `ast` cannot parse "
            f"{counts['unparsed']:,}, and pexec {len(unread):,}. Crashes: {len(wrong)}.",
            stress_table(parsed, runs),
            f"pexec says: {last_line(runs[workers[0]])}",
        ]
    )
    click.echo("\n".join([text, *wrong]))
    if write:
        pages.put(PAGE, "stress", text)
        pages.put(PAGE, "scaling", scaling_table())
    ctx.exit(int(bool(wrong)))


def scaling_table() -> str:
    """The figures of scaling.py as Markdown."""
    rows = [
        [row.statements, f"{row.seconds:.2f} s", f"{row.parse:.2f} s",
         f"{row.seconds / row.parse:.1f}x", f"{row.growth:.2f}x" if row.growth else ""]
        for row in scaling.rows()
    ]  # fmt: skip
    head = ["statements", "pexec", "parse and positions", "ratio", "growth"]
    return pages.table(head, rows)


if __name__ == "__main__":
    main()
