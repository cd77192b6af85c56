"""What traces change: latencies by place and by tool, turns of loops, shares of branches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pexec.analyzer.config import check
from pexec.analyzer.engine import analyze
from pexec.analyzer.executions import Executions
from pexec.analyzer.latency import Origin
from pexec.analyzer.projection import FileProjection, project
from pexec.analyzer.source import from_text
from pexec.analyzer.timings import Timing
from pexec.analyzer.tree_builder import trees
from pexec.analyzer.work_trees import FileTrees
from pexec.codemods.rewrite import rewrite

TOOLS = [
    {"match": f"app.{name}", "reads": [f"{name}:{{0}}"], "returns": "fresh", "latency-ms": ms}
    for name, ms in (("one", 100), ("two", 200))
]
HEAD = "from app import one, two\n\n\nasync def f(a, b):\n"


def of(*lines: str, **config: Any) -> FileTrees:
    source = HEAD + "".join(f"    {line}\n" for line in lines)
    settings = check({"tools": TOOLS, **config}, "test")
    analysis = analyze(from_text(source), settings, name="prog")
    return trees(analysis, rewrite(analysis, settings, "src/prog.py", False))


def projected(files: FileTrees, *timings: Timing) -> FileProjection:
    return project([files], Executions(timings))[0]


def called(tool: str, *ms: float, **more: Any) -> Iterator[Timing]:
    return (Timing(tool, 10.0, 10.0 + m / 1000, **more) for m in ms)


def means(found: FileProjection) -> list[float]:
    return [round(s.latency.distribution.mean, 3) for s in found.functions[0].tree.sites]


def test_a_tool_is_known_by_its_name() -> None:
    files = of("x = await one(a)", "y = await two(b)")
    found = projected(files, *called("one", 10, 30), *called("app.two", 50))
    assert means(found) == [20, 50]
    first = found.functions[0].tree.sites[0].latency
    assert (first.origin, first.count, first.source) == (Origin.MEASURED, 2, "trace")
    assert found.functions[0].times.sequential.mean == pytest.approx(70, rel=0.01)


@pytest.mark.parametrize("tool", ["three", "other.one", "on", "app.one.two", ""])
def test_other_tools_are_others(tool: str) -> None:
    assert means(projected(of("x = await one(a)", "y = await two(b)"), *called(tool, 5))) == [
        100, 200,
    ]  # fmt: skip


def test_a_name_that_two_tools_end_with_belongs_to_neither() -> None:
    source = "import app, lib\n\nasync def f(a):\n    await app.one(a)\n    await lib.one(a)\n"
    settings = check({"tools": TOOLS}, "test")
    analysis = analyze(from_text(source), settings, name="prog")
    files = trees(analysis, rewrite(analysis, settings, "prog.py", False))
    assert means(projected(files, *called("one", 5)))[0] == 100
    assert means(projected(files, *called("app.one", 5)))[0] == 5


def test_failed_calls_are_counted_apart() -> None:
    files = of("x = await one(a)", "y = await two(b)")
    failed = (replace(t, failed=True) for t in called("one", 5000))
    found = projected(files, *called("one", 10), *failed)
    assert means(found) == [10, 200]
    assert found.functions[0].tree.sites[0].latency.failed == 1
    only = (replace(t, failed=True) for t in called("one", 5000))
    assert means(projected(files, *only)) == [100, 200]


def test_a_place_of_its_own_counts_from_three_calls_on() -> None:
    files = of("x = await one(a)", "y = await one(b)")
    here = {"file": "src/prog.py", "line": 5, "column": 15}
    there = {"file": "prog.py", "line": 6, "column": 15}
    found = projected(files, *called("app.one", 1, 2, 3, **here), *called("app.one", 30, **there))
    assert means(found) == [2, 9]  # the second one has those of the tool
    assert means(projected(files, *called("x", 1, 2, 3, **here))) == [2, 100]
    elsewhere = {**here, "file": "lib/prog.py"}
    assert means(projected(files, *called("x", 1, 2, 3, **elsewhere))) == [100, 100]


def runs(number: int, line: int, column: int, counts: list[int], first: int = 1) -> list[Timing]:
    """Calls at a place: so many in each run of the function."""
    assert len(counts) == number
    return [
        Timing("app.one", 0, 0.1, file="prog.py", line=line, column=column, activation=first + i)
        for i, count in enumerate(counts)
        for _ in range(count)
    ]


def test_turns_of_loops_are_counted() -> None:
    files = of("x = await one(a)", "for k in a:", "    await one(k)")
    timings = [*runs(2, 5, 15, [1, 1]), *runs(2, 7, 15, [3, 4])]
    found = projected(files, *timings)
    assert found.functions[0].times.sequential_ms == pytest.approx(100 + 350)
    assert found.functions[0].assumed == ()
    assert projected(files).functions[0].assumed == ("1 loop: 10 turns",)


def test_turns_of_loops_in_loops_and_literal_ones() -> None:
    files = of("for k in a:", "    await one(k)", "    for m in range(2):", "        await two(m)")
    found = projected(files, *runs(1, 6, 15, [5]), *runs(1, 8, 19, [10]))
    assert found.functions[0].times.sequential_ms == pytest.approx(5 * (100 + 2 * 100), abs=1000)
    tree = found.functions[0].tree
    assert [s.latency.count for s in tree.sites] == [5, 10]


def test_shares_of_branches() -> None:
    files = of("x = await one(a)", "if x:", "    await one(a)", "else:", "    await two(b)")
    timings = [*runs(4, 5, 15, [1] * 4), *runs(4, 7, 15, [1, 1, 1, 0])]
    other = [replace(t, tool="app.two", end=0.2) for t in runs(4, 9, 15, [0, 0, 0, 1])]
    found = projected(files, *timings, *other)
    assert found.functions[0].times.sequential_ms == pytest.approx(100 + 75 + 50)
    assert found.functions[0].assumed == ()


def test_a_branch_that_no_run_takes() -> None:
    files = of("x = await one(a)", "if x:", "    await two(b)")
    found = projected(files, *runs(3, 5, 15, [1, 1, 1]))
    assert found.functions[0].times.sequential_ms == pytest.approx(100)


def test_coverage() -> None:
    files = of("x = await one(a)", "y = await two(b)")
    executions = Executions((*called("one", 1, 2), *called("else", 3)))
    project([files], executions)
    coverage = executions.coverage()
    assert (coverage.matched, coverage.timed, coverage.failed) == (2, 3, 0)


def test_confidence_is_that_of_the_weakest_latency() -> None:
    files = of("x = await one(a)", "y = await two(b)")
    assert projected(files).functions[0].confidence == "medium"
    many = [1.0] * 20
    assert projected(files, *called("one", *many)).functions[0].confidence == "medium"
    both = [*called("one", *many), *called("two", *many)]
    assert projected(files, *both).functions[0].confidence == "high"
    undeclared = of("x = await one(a)", "y = await three(b)")
    assert projected(undeclared).functions[0].confidence == "low"
    loop = of("for k in a:", "    await one(k)")
    assert projected(loop, *called("one", *many)).functions[0].confidence == "medium"
