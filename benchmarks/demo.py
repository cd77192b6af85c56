"""What the report promises for the shipped example, and what its runs measure.

The script and what `pexec-fix` makes of it run by turns against the real server, each under the
recorder of `pexec-report --record`. From the calls that it timed follow the times and the batches
of each run; the projection is made with the latencies of the other runs of the script as it was.

Run: python benchmarks/demo.py [--runs N] [--write]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))
import pexec.runtime.record as recorder
from pexec.analyzer.timings import Timing, read_timings

from benchmarks.pages import put, table

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "fixtures" / "demo"
PAGE = ROOT / "docs" / "performance.md"
#: What is aimed at: the least that a figure has to be, or the most, and the reason for a miss.
AIMS = {
    "wall time saved": (0.40, "at least 40 %"),
    "throughput of the batches": (3.3, "at least 3.3 times"),
    "efficiency of the batches": (0.85, "at least 85 %"),
    "calls in batches": (0.60, "at least 60 %"),
    "error of the projection": (0.10, "at most 10 %"),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds from start to end of the process, and the calls that it made."""

    wall: float
    calls: tuple[Timing, ...]

    @property
    def waited(self) -> float:
        """Seconds from the first call to the end of the last one."""
        return max(c.end for c in self.calls) - min(c.start for c in self.calls)

    @property
    def groups(self) -> list[list[Timing]]:
        """Calls that were made at once, as their times overlap; two or more."""
        found: list[list[Timing]] = []
        end = 0.0
        for call in sorted(self.calls, key=lambda c: c.start):
            if not found or call.start >= end:
                found.append([])
            found[-1].append(call)
            end = max(end, call.end)
        return [group for group in found if len(group) > 1]


def run(folder: Path, out: Path) -> Run:
    """Run a folder's `agent.py` under the recorder."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, str(recorder.__file__), str(out), "agent.py"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    wall = time.perf_counter() - start
    # What connects and asks which tools there are is no call of a tool.
    calls = tuple(t for t in read_timings(out) if t.tool != "session.initialize")
    return Run(wall, calls)


def pexec(name: str, *arguments: str, folder: Path) -> str:
    """What one of the commands prints."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8")
    return done.stdout


def projected(traces: Sequence[Path]) -> float:
    """Seconds that the report projects for the tool calls of the rewritten script."""
    options = [word for path in traces for word in ("--traces", str(path))]
    text = pexec("pexec-report", "agent.py", "--output-format", "json", *options, folder=DEMO)
    function = json.loads(text)["files"][0]["functions"][0]
    first = next(b for b in function["timeline"]["after"] if b["call"] == 0)
    assert function["calls_made"][0]["callee"].endswith("initialize")
    return (function["projected_ms"] - (first["end_ms"] - first["start_ms"])) / 1000


def measure(runs: int) -> dict[str, float]:
    """The figures of :data:`AIMS`, over so many runs of both versions by turns."""
    with tempfile.TemporaryDirectory(prefix="pexec-demo-") as work:
        fixed = Path(work) / "fixed"
        shutil.copytree(DEMO, fixed, ignore=shutil.ignore_patterns("__pycache__"))
        pexec("pexec-fix", "agent.py", folder=fixed)
        before: list[Run] = []
        after: list[Run] = []
        traces: list[Path] = []
        for number in range(runs):
            traces.append(Path(work) / f"before-{number}.jsonl")
            before.append(run(DEMO, traces[-1]))
            after.append(run(fixed, Path(work) / f"after-{number}.jsonl"))
            print(f"run {number + 1}: {before[-1].wall:.2f} s, then {after[-1].wall:.2f} s",
                  file=sys.stderr)  # fmt: skip
        errors: list[float] = []
        for number, one in enumerate(after):
            expected = projected([*traces[:number], *traces[number + 1 :]] or traces)
            errors.append(abs(expected - one.waited) / one.waited)
    return _figures(before, after, errors)


def _figures(
    before: Sequence[Run], after: Sequence[Run], errors: Sequence[float]
) -> dict[str, float]:
    """Each is the median over the runs."""
    gains: list[float] = []
    busy: list[float] = []
    shares: list[float] = []
    for one in after:
        work = sum(c.end - c.start for group in one.groups for c in group)
        spans = [max(c.end for c in g) - min(c.start for c in g) for g in one.groups]
        room = sum(span * len(group) for span, group in zip(spans, one.groups, strict=True))
        gains.append(work / sum(spans))
        busy.append(work / room)
        shares.append(sum(map(len, one.groups)) / len(one.calls))
    saved = [1 - b.wall / a.wall for a, b in zip(before, after, strict=True)]
    found = (saved, gains, busy, shares, errors)
    return dict(zip(AIMS, map(median, found), strict=True))


def report(found: dict[str, float], runs: int) -> str:
    """The table, and a line for each aim that is missed."""
    rows: list[tuple[str, str, str]] = []
    missed: list[str] = []
    for name, (aim, words) in AIMS.items():
        value = found[name]
        shown = f"{value:.2f} times" if aim > 1 else f"{value:.1%}"
        rows.append((name, shown, words))
        if (value > aim) if name.startswith("error") else (value < aim):
            missed.append(f"Missed: {name}, {shown} instead of {words}.")
    text = table(("median", "measured", "aimed at"), rows)
    return "\n\n".join([f"{runs} runs of each version, by turns.", text, *missed])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="Write the table into the docs.")
    options = parser.parse_args(arguments)
    text = report(measure(options.runs), options.runs)
    print(text)
    if options.write:
        put(PAGE, "demo", text)


if __name__ == "__main__":
    main()
