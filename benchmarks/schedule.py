"""How close to the critical path the emitted programs come, for drawn and recorded graphs.

Each graph becomes a program of reads, with a latency for each of them; it is rewritten with plain
batches alone (PX101) and with chains as well (PX101 and PX106), and both texts are *executed* under
a clock that jumps. Printed is the mean of time over the length of the critical path, which is the
shortest that any program could take. "levels" is the usual grouping by depth, one `gather` for each
level, computed: in a failing run it may raise another failure than the program did, and it moves
statements past each other, which pexec does not.

`chains` are graphs of the kind that PX106 is for: each chain's steps stand together. In `woven`
ones they stand in any order that the edges allow. `random` graphs have edges anywhere. Those of the
`demo`, the `golden` cases and the `oracle` are recorded (see graphs.py).
Run: python benchmarks/schedule.py [--graphs N] [--seed N] [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import selectors
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pages
from graphs import DRAWN, RECORDED, Graph, critical_path
from pexec.codemods import parallelize

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"

#: Time over the critical path: as written, by levels, with batches, with batches and chains.
Ratios = tuple[float, float, float, float]
#: What was aimed at: the program, its column, and the largest mean.
TARGETS = (("Batches and chains", 3, 1.05), ("Plain batches only", 2, 1.25))
#: Why the graphs of a kind miss a target, by kind and column.
REASONS = {
    ("chains", 2): "No two calls of one chain run together: this is what chains (PX106) are for.",
    ("woven", 3): "A run of lines that another chain's lines interrupt is left in batches: as one "
    "task it would lose the first failure in order (docs/output.md, Chains).",
    ("random", 3): "What comes behind a batch waits for its slowest call, needed or not; to start "
    "each call when what it needs is there takes a task for each, and the same order is lost.",
    ("demo", 3): "The second batch needs one slow call of the first, and waits for a slower one.",
    ("golden", 3): "One case has a call more than `max-concurrency` lets run at once; in another "
    "two strands are woven.",
}


def program(graph: Graph) -> str:
    """The graph as a function that awaits one call after the other."""
    lines = ["import asyncio", "", "", "async def work() -> list[object]:"]
    for i, need in enumerate(graph.needs):
        lines.append(f"    v{i} = await t{i}({', '.join(f'v{n}' for n in need)})")
    used = {n for need in graph.needs for n in need}
    ends = ", ".join(f"v{i}" for i in range(len(graph.waits)) if i not in used)
    return "\n".join([*lines, f"    return [{ends}]", ""])


def by_levels(graph: Graph) -> float:
    """The time of one batch for each depth, whatever stands between its calls."""
    depth: list[int] = []
    slowest: dict[int, int] = {}
    for wait, need in zip(graph.waits, graph.needs, strict=True):
        depth.append(max((depth[n] + 1 for n in need), default=0))
        slowest[depth[-1]] = max(slowest.get(depth[-1], 0), wait)
    return sum(slowest.values())


class _Jumping(selectors.SelectSelector):
    """Waits for nothing: the time that it would have waited is over at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[object]:  # pyright: ignore
        self.now += timeout or 0.0
        return []


def executed(source: str, graph: Graph) -> float:
    """Milliseconds that a program takes."""

    def tool(wait: int) -> Callable[..., object]:
        async def call(*_: object) -> int:
            await asyncio.sleep(wait / 1000)
            return wait

        return call

    names: dict[str, object] = {f"t{i}": tool(w) for i, w in enumerate(graph.waits)}
    exec(compile(source, "graph", "exec"), names)
    selector = _Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        loop.run_until_complete(names["work"]())  # type: ignore[operator]
    finally:
        loop.close()
    return selector.now * 1000


def rewritten(source: str, graph: Graph, *codes: str) -> str:
    tools = [
        {"match": f"t{i}", "reads": [f"w{i}"], "returns": "fresh", "latency-ms": wait}
        for i, wait in enumerate(graph.waits)
    ]
    return parallelize(source, tools=tools, config={"select": list(codes)}).source


def ratios(graph: Graph) -> Ratios:
    """Of a graph: sequential, levels, batches and chains, over the critical path."""
    source, least = program(graph), critical_path(graph)
    batches = executed(rewritten(source, graph, "PX101"), graph)
    both = executed(rewritten(source, graph, "PX101", "PX106"), graph)
    return sum(graph.waits) / least, by_levels(graph) / least, batches / least, both / least


def measured(graphs: int, seed: int) -> dict[str, list[Ratios]]:
    """The ratios of all graphs by their kind; of recorded ones each counts once."""
    found: dict[str, list[Ratios]] = {}
    for kind, draw_one in DRAWN.items():
        draw = random.Random(f"{kind}{seed}")
        found[kind] = [ratios(draw_one(draw)) for _ in range(graphs)]
    for kind, recorded in RECORDED.items():
        found[kind] = [ratios(graph) for graph in dict.fromkeys(recorded())]
    return found


def text(found: Mapping[str, Sequence[Ratios]]) -> str:
    """The table, and how the means of all graphs stand to what was aimed at."""
    groups = {f"{kind}, {len(of_kind)}": of_kind for kind, of_kind in found.items()}
    for words, kinds in (("all drawn", DRAWN), ("all recorded", RECORDED)):
        of_all = [row for kind in kinds for row in found[kind]]
        groups[f"{words}, {len(of_all)}"] = of_all
    rows = [[name, *(f"{mean:.2f}" for mean in _means(of_kind))]
            for name, of_kind in groups.items()]  # fmt: skip
    head = ["graphs", "as written", "levels", "batches", "batches and chains"]
    return "\n\n".join([pages.table(head, rows), "\n".join(_verdicts(found))])


def _means(of_kind: Sequence[Ratios]) -> list[float]:
    return [statistics.mean(column) for column in zip(*of_kind, strict=True)]


def _verdicts(found: Mapping[str, Sequence[Ratios]]) -> Iterator[str]:
    """For each target: the mean of all graphs, and the kinds that miss it, with the reason."""
    for name, column, target in TARGETS:
        mean = _means([row for of_kind in found.values() for row in of_kind])[column]
        missed = {kind: value for kind, of_kind in found.items()
                  if (value := _means(of_kind)[column]) > target}  # fmt: skip
        verdict = "met" if mean <= target else "missed"
        yield f"* {name}: {mean:.3f} over all graphs, at most {target} was aimed at: {verdict}."
        for kind, value in missed.items():
            yield f"    * {kind}: {value:.2f}. {REASONS.get((kind, column), 'Not looked into.')}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graphs", type=int, default=200, help="of each kind that is drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args(arguments)
    table = text(measured(options.graphs, options.seed))
    print(table)
    if options.write:
        pages.put(PAGE, "schedule", table)


if __name__ == "__main__":
    main()
