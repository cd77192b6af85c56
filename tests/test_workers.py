"""Many files in worker processes: the same results in the same order, whatever dies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from commands import CONFIG, FLOW, TWO, WRITES, fix, lint
from pexec.analyzer import workers
from pexec.analyzer.config import Config
from pexec.analyzer.engine import Analysis, Analyzed, Failed
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


def test_a_small_run_starts_no_worker(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_WORKERS", 10**6)
    monkeypatch.setattr(workers, "_Pooled", None)
    assert lint(".", "--workers=2").exit_code == 2
