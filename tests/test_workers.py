"""Many files in worker processes: the same results in the same order, whatever dies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil
import pytest
from commands import CONFIG, FLOW, TWO, WRITES, fix, lint
from pexec.analyzer import workers
from pexec.analyzer.config import Config
from pexec.analyzer.engine import Analysis, Analyzed, Failed, Result
from pexec.analyzer.run import run
from pexec.analyzer.settings import Request
from pexec.codemods.rewrite import rewrite


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(workers, "WORTH_WORKERS", 0)
    (tmp_path / "pexec.toml").write_text(CONFIG)
    for number in range(30):
        source = (TWO, FLOW, WRITES, "x = 1\n", "await (\n\nawait", TWO * 3)[number % 6]
        (tmp_path / f"m{number:02}.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_output_does_not_depend_on_the_number_of_workers(tree: Path, form: str) -> None:
    shown = [lint(".", "--output-format", form, f"--workers={n}") for n in (1, 2, 5)]
    assert shown[0].stdout.count("PX101") >= 10
    assert {r.stdout for r in shown} == {shown[0].stdout}
    assert {r.stderr for r in shown} == {shown[0].stderr}
    assert {r.exit_code for r in shown} == {2}  # some files cannot be parsed


def test_fixes_of_workers_are_written(tree: Path) -> None:
    fix(".", "--workers=2")
    assert "asyncio.gather" in (tree / "m00.py").read_text()
    assert fix(".", "--workers=2", "--check").exit_code == 2
    assert "would" not in fix(".", "--workers=2", "--check").stdout


def deadly(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
    if filename in ("m06.py", "m12.py"):
        os._exit(9)
    return rewrite(analysis, config, filename, unsafe)


def test_a_worker_that_dies_loses_one_file(tree: Path) -> None:
    outcomes, missing = run(Request((".",), workers=2), deadly)
    assert not missing
    assert [o.job.filename for o in outcomes] == [f"m{n:02}.py" for n in range(30)]
    failed = {
        o.job.filename: o.result.message
        for o in outcomes
        if isinstance(o.result, Failed) and "died" in o.result.message
    }
    assert sorted(failed) == ["m06.py", "m12.py"]
    found = sum(isinstance(o.result, Analyzed) and bool(o.result.findings) for o in outcomes)
    assert found == 8  # of ten files with an opportunity, two are lost


SLOW = """\
import sys, time
from pexec.analyzer import workers
workers.WORTH_WORKERS = 0
from pexec.codemods.cli import lint
if __name__ == "__main__":
    lint()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_termination_leaves_no_worker_behind(tree: Path) -> None:
    for number in range(400):
        (tree / f"n{number}.py").write_text(TWO * 20)
    (tree / "run.script").write_text(SLOW)
    process = psutil.Popen([sys.executable, "run.script", "--workers=2", "."],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    below: list[psutil.Process] = []
    while len(below) < 3 and process.poll() is None:  # the server, the tracker and a worker
        below = process.children(recursive=True)
        time.sleep(0.02)
    assert len(below) >= 3, "it ended before it had workers"
    process.terminate()
    assert process.wait(60) == 143
    gone, alive = psutil.wait_procs(below, timeout=60)
    assert not alive, [p.cmdline() for p in alive]
    assert len(gone) == len(below)


def test_a_pool_that_is_found_broken_while_a_task_is_handed_over_loses_none(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over, broken = workers._Pooled._submit, []

    def submit(self: workers._Pooled, pool: Executor, task: workers.Task) -> Future[Result]:
        if not broken and task.filename == "m06.py":
            broken.append(task)
            raise BrokenProcessPool
        return hand_over(self, pool, task)

    monkeypatch.setattr(workers._Pooled, "_submit", submit)
    outcomes, _ = run(Request((".",), workers=2), rewrite)
    assert broken
    assert [o.job.filename for o in outcomes] == [f"m{n:02}.py" for n in range(30)]
    died = [o for o in outcomes if isinstance(o.result, Failed) and "died" in o.result.message]
    assert not died


def test_a_small_run_starts_no_worker(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_WORKERS", 10**6)
    monkeypatch.setattr(workers, "_Pooled", None)
    assert lint(".", "--workers=2").exit_code == 2
