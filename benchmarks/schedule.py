"""How close to the critical path the emitted programs come, for dependence graphs drawn at random.

Each graph becomes a program of reads, with a latency for each of them; it is rewritten with plain
batches alone (PX101) and with chains as well (PX101 and PX106), and both texts are *executed* under
a clock that jumps. Printed is the mean of time over the length of the critical path, which is the
shortest that any program could take. "levels" is the usual grouping by depth, one `gather` for each
level, computed: in a failing run it may raise another failure than the program did, and it moves
statements past each other, which pexec does not.

`chains` are graphs of the kind that PX106 is for: each chain's steps stand together. In `woven`
ones they stand in any order that the edges allow. `random` graphs have edges anywhere.
Run: python benchmarks/schedule.py [--graphs N] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import selectors
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pexec.analyzer.codes import RULES
from pexec.codemods import parallelize

LATENCIES = (20, 50, 100, 100, 200, 300, 900)


@dataclass(frozen=True, slots=True)
class Graph:
    """Calls in source order: how long each takes, and which earlier ones it needs."""

    waits: tuple[int, ...]
    needs: tuple[tuple[int, ...], ...]


def chains(draw: random.Random) -> Graph:
    """Two to four chains of one to four calls, one after the other."""
    waits: list[int] = []
    needs: list[tuple[int, ...]] = []
    for _ in range(draw.randint(2, 4)):
        for step in range(draw.randint(1, 4)):
            needs.append((len(waits) - 1,) if step else ())
            waits.append(draw.choice(LATENCIES))
    return Graph(tuple(waits), tuple(needs))


def woven(draw: random.Random) -> Graph:
    """The same with the chains' steps in any order."""
    graph = chains(draw)
    ready = [i for i, need in enumerate(graph.needs) if not need]
    order: list[int] = []
    while ready:
        one = ready.pop(draw.randrange(len(ready)))
        order.append(one)
        ready += [i for i, need in enumerate(graph.needs) if need == (one,)]
    place = {old: new for new, old in enumerate(order)}
    return Graph(
        tuple(graph.waits[i] for i in order),
        tuple(tuple(place[n] for n in graph.needs[i]) for i in order),
    )


def anywhere(draw: random.Random) -> Graph:
    """Four to twelve calls, each of which needs up to two of those before it."""
    count = draw.randint(4, 12)
    needs = [
        tuple(sorted(draw.sample(range(i), min(i, draw.choice((0, 0, 1, 1, 2))))))
        for i in range(count)
    ]
    return Graph(tuple(draw.choice(LATENCIES) for _ in range(count)), tuple(needs))


KINDS: dict[str, Callable[[random.Random], Graph]] = {
    "chains": chains, "woven": woven, "random": anywhere,
}  # fmt: skip


def program(graph: Graph) -> str:
    """The graph as a function that awaits one call after the other."""
    lines = ["import asyncio", "", "", "async def work() -> list[object]:"]
    for i, need in enumerate(graph.needs):
        lines.append(f"    v{i} = await t{i}({', '.join(f'v{n}' for n in need)})")
    used = {n for need in graph.needs for n in need}
    ends = ", ".join(f"v{i}" for i in range(len(graph.waits)) if i not in used)
    return "\n".join([*lines, f"    return [{ends}]", ""])


def critical(graph: Graph) -> float:
    """The length of the longest path."""
    ends: list[float] = []
    for wait, need in zip(graph.waits, graph.needs, strict=True):
        ends.append(max((ends[n] for n in need), default=0.0) + wait)
    return max(ends)


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


def ratios(kind: str, graphs: int, seed: int) -> Iterator[tuple[float, float, float, float]]:
    """Of each graph: sequential, levels, batches and chains, over the critical path."""
    draw = random.Random(f"{kind}{seed}")
    for _ in range(graphs):
        graph = KINDS[kind](draw)
        source, least = program(graph), critical(graph)
        batches = executed(rewritten(source, graph, "PX101"), graph)
        both = executed(rewritten(source, graph, "PX101", "PX106"), graph)
        yield sum(graph.waits) / least, by_levels(graph) / least, batches / least, both / least


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    assert "PX106" in RULES
    print(f"{'graphs':>8} {'sequential':>11} {'levels':>7} {'batches':>8} {'chains':>7}")
    for kind in KINDS:
        found = list(ratios(kind, options.graphs, options.seed))
        means = [statistics.mean(column) for column in zip(*found, strict=True)]
        shown = "{:>11.2f} {:>7.2f} {:>8.2f} {:>7.2f}".format(*means)
        print(f"{kind:>8} {shown}")


if __name__ == "__main__":
    main()
