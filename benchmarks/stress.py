"""Time and memory of `pexec-lint` over a large package, beside `ast.parse` in the same run.

    python benchmarks/stress.py            # homeassistant, as Markdown
    python benchmarks/stress.py --write    # into docs/performance.md, with the growth of scaling.py

Exits with 1 if pexec crashes. Needs psutil.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import corpus
import pages
import psutil
import scaling
import under_test

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
PARSER = Path(__file__).with_name("parse_tree.py")
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended, and what it took together with its children.

    ``peak`` is the largest sum, over all of them, of the memory that each holds, pages that several
    share counted in parts. It is sampled: ``getrusage`` would leave out workers that are not
    children of the first process, and would not add them up.
    """

    code: int
    output: str
    errors: str
    seconds: float
    peak: int


def measured(command: Sequence[str]) -> Ended:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        peak, code = 0, None
        while code is None:
            peak = max(peak, _memory(process.pid))
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(SAMPLE_SECONDS)
        seconds = time.perf_counter() - start
        texts: list[str] = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return Ended(code, texts[0], texts[1], seconds, peak)


def _memory(pid: int) -> int:
    """What a process and all below it hold now, in bytes."""
    total = 0
    with suppress(psutil.Error):
        first = psutil.Process(pid)
        for process in (first, *first.children(recursive=True)):
            with suppress(psutil.Error):  # ended in between
                held = process.memory_full_info()
                total += getattr(held, "pss", held.uss)  # pss: Linux only
    return total


def lint(folder: Path, workers: int) -> Ended:
    """``pexec-lint`` over a folder, without a cache from an earlier run."""
    options = ["--workers", str(workers)]
    if under_test.understands("--no-cache"):
        options.append("--no-cache")
    return measured(under_test.command("lint", folder, *options))


def crashes(run: Ended) -> list[str]:
    """What went wrong inside pexec, as against inside the files it reads."""
    signs = ("internal error", "Traceback", "the process that analyzed the file died")
    found = [line for line in run.errors.splitlines() if any(sign in line for sign in signs)]
    return found if found or run.code in (0, 1, 2) else [f"ended with {run.code}"]


def unread(run: Ended) -> int:
    """How many files pexec says it cannot read or parse."""
    return sum(bool(re.search(r":\d+:\d+: ", line)) for line in run.errors.splitlines())


def last_line(run: Ended) -> str:
    lines = run.output.strip().splitlines()
    return lines[-1] if lines else "(no output)"


def stress_table(parsed: Ended, runs: dict[int, Ended]) -> str:
    """A row for `ast.parse`, and one for each number of workers."""
    rows = [["`ast.parse`", *_figures(parsed), "1.0x", "1.0x"]]
    for workers, run in runs.items():
        name = f"`pexec-lint --workers {workers}`"
        time_ratio = f"{run.seconds / parsed.seconds:.1f}x"
        rows.append([name, *_figures(run), time_ratio, f"{run.peak / parsed.peak:.1f}x"])
    return pages.table(["", "time", "memory", "time, as a ratio", "memory, as a ratio"], rows)


def _figures(run: Ended) -> list[str]:
    return [f"{run.seconds:.1f} s", f"{run.peak / 1e6:.0f} MB"]


def scaling_table() -> str:
    """The figures of scaling.py as Markdown."""
    rows = [
        [
            row.statements,
            f"{row.seconds:.2f} s",
            f"{row.parse:.2f} s",
            f"{row.seconds / row.parse:.1f}x",
            f"{row.growth:.2f}x" if row.growth else "",
        ]
        for row in scaling.rows()
    ]
    return pages.table(["statements", "pexec", "parse and positions", "ratio", "growth"], rows)


@click.command()
@click.option("--package", "name", default="homeassistant", show_default=True)
@corpus.cache_option
@click.option(
    "--workers",
    type=click.IntRange(1),
    multiple=True,
    default=(1, 2),
    show_default=True,
    help="Numbers of worker processes; may be repeated.",
)
@click.option("--write", is_flag=True, help="Put all figures into docs/performance.md.")
@click.pass_context
def main(ctx: click.Context, name: str, cache: Path, workers: Sequence[int], write: bool) -> None:
    """Time and memory of pexec-lint over a large package."""
    package = corpus.package(name)
    with corpus.copy_of(package, cache) as folder:
        parse = [sys.executable, str(PARSER), str(folder)]
        measured(parse)  # so that all files are in memory
        parsed = measured(parse)
        runs = {number: lint(folder, number) for number in workers}
    counts, first = json.loads(parsed.output), runs[workers[0]]
    wrong = [words for run in runs.values() for words in crashes(run)]
    text = "\n\n".join(
        [
            f"`{package.pin}`: {counts['files']:,} files. The `ast` of Python "
            f"{sys.version_info.major}.{sys.version_info.minor} cannot parse "
            f"{counts['unparsed']:,} of them, pexec {unread(first):,}. Crashes: {len(wrong)}.",
            stress_table(parsed, runs),
            f"The last line of the run: {last_line(first)}",
        ]
    )
    click.echo("\n".join([text, *wrong]))
    if write:
        pages.put(PAGE, "stress", text)
        pages.put(PAGE, "scaling", scaling_table())
    ctx.exit(int(bool(wrong)))


if __name__ == "__main__":
    main()
