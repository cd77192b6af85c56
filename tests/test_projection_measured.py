"""Projected times against programs that run on a clock that jumps: where latencies are constant,
they are the same."""

from __future__ import annotations

import asyncio
import random
import selectors
import textwrap
from collections.abc import Iterable
from typing import Any

import pytest
from pexec.analyzer.config import check
from pexec.analyzer.engine import analyze
from pexec.analyzer.executions import Executions
from pexec.analyzer.projection import project
from pexec.analyzer.source import from_text
from pexec.analyzer.timings import Timing
from pexec.analyzer.tree_builder import trees
from pexec.codemods.rewrite import rewrite

from benchmarks.graphs import DRAWN, Graph


def program(graph: Graph) -> str:
    """The graph as a function that awaits one call after the other."""
    calls = [
        f"    v{i} = await t{i}({', '.join(f'v{n}' for n in need)})\n"
        for i, need in enumerate(graph.needs)
    ]
    names = ", ".join(f"v{i}" for i in range(len(graph.waits)))
    return "".join(["import asyncio\n\n\nasync def work():\n", *calls, f"    return [{names}]\n"])


class _Jumping(selectors.SelectSelector):
    """Waits for nothing: the time that it would have waited is over at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return []


def measured(source: str, waits: Iterable[int], limit: int = 0) -> float:
    """Milliseconds that `work()` takes; ``limit``: how many calls the tools handle at once."""
    selector = _Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]

    async def run() -> None:
        gate = asyncio.Semaphore(limit or 10_000)

        def tool(wait: int) -> Any:
            async def call(*_: object) -> int:
                async with gate:
                    await asyncio.sleep(wait / 1000)
                return wait

            return call

        names: dict[str, Any] = {f"t{i}": tool(wait) for i, wait in enumerate(waits)}
        exec(compile(source, "program", "exec"), names)
        await names["work"]()

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    return selector.now * 1000


def projected(
    source: str, waits: Iterable[int], timings: tuple[Timing, ...] = (), **config: Any
) -> tuple[float, float, float, str]:
    """Milliseconds now, projected and at best, and what would be written."""
    tools = [
        {"match": f"t{i}", "reads": [f"w{i}"], "returns": "fresh", "latency-ms": wait}
        for i, wait in enumerate(waits)
    ]
    settings = check({"tools": tools, **config}, "test")
    analysis = analyze(from_text(source), settings, name="prog")
    result = rewrite(analysis, settings, "prog.py", False)
    found = project([trees(analysis, result)], Executions(timings) if timings else None)[0].times
    return found.sequential_ms, found.projected_ms, found.critical_ms, result.fixed or source


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("seed", range(12))
def test_graphs_take_as_long_as_projected(kind: str, seed: int) -> None:
    graph = DRAWN[kind](random.Random(f"{kind} {seed}"))
    source = program(graph)
    now, then, best, text = projected(source, graph.waits)
    assert measured(source, graph.waits) == pytest.approx(now)
    assert measured(text, graph.waits) == pytest.approx(then)
    assert best <= then + 1e-6


LOOPS = {
    "list": "return [await t0(i) for i in range({n})]",
    "loop": "out = []\nfor i in range({n}):\n    out.append(await t0(i))\nreturn out",
    "two": "for i in range({n}):\n    a = await t0(i)\n    print(await t1(a))",
    "batch": "for i in range({n}):\n    a = await t0(i)\n    b = await t1(i)\n    print(a, b)",
}


@pytest.mark.parametrize("shape", LOOPS)
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 30])
@pytest.mark.parametrize("limit", [0, 3])
def test_loops_take_as_long_as_projected(shape: str, count: int, limit: int) -> None:
    waits = (100, 70)
    body = textwrap.indent(LOOPS[shape].format(n=count), "    ")
    source = f"import asyncio\n\n\nasync def work():\n{body}\n"
    limits = [{"match": "t0", "max-concurrency": limit}] if limit and shape in ("list", "loop") \
        else []  # fmt: skip
    now, then, _, text = projected(source, waits, limits=limits)
    assert measured(source, waits) == pytest.approx(now)
    assert measured(text, waits, limit if limits else 0) == pytest.approx(then)


def test_what_a_trace_tells_comes_true() -> None:
    """A program with loops and branches, projected from what a run of it would have recorded."""
    source = (
        "import asyncio\n\n\nasync def work(n=5, deep=True):\n"
        "    a = await t0(0)\n    b = await t1(0)\n"
        "    for i in range(n):\n        print(await t0(i))\n"
        "    if deep:\n        c = await t1(a)\n        d = await t0(b)\n    else:\n"
        "        c = d = await t2(a)\n    return c, d\n"
    )
    waits = (100, 70, 900)
    places = [(5, 15, "t0", 1), (6, 15, "t1", 1), (8, 21, "t0", 5), (10, 19, "t1", 1),
              (11, 19, "t0", 1), (13, 23, "t2", 0)]  # fmt: skip
    timings = tuple(
        Timing(tool, 0.0, waits[int(tool[1])] / 1000, file="prog.py", line=line, column=column,
               activation=1)
        for line, column, tool, count in places
        for _ in range(count)
    )  # fmt: skip
    wrong = [
        {"match": f"t{i}", "reads": [f"w{i}"], "returns": "fresh", "latency-ms": 1}
        for i in range(3)
    ]
    settings = check({"tools": wrong, "min-gain-ms": 0.1}, "test")
    analysis = analyze(from_text(source), settings, name="prog")
    result = rewrite(analysis, settings, "prog.py", False)
    found = project([trees(analysis, result)], Executions(timings))[0].times
    assert result.fixed is not None
    assert measured(source, waits) == pytest.approx(found.sequential_ms)
    assert measured(result.fixed, waits) == pytest.approx(found.projected_ms)
