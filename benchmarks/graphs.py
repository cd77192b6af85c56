"""Dependence graphs of awaited calls: drawn at random, and recorded from programs kept here.

What is recorded are the blocks of the demo, of the rewrites' golden cases and of scripts that make
the calls of the oracle's scenarios one after the other: the engine's own edges, with the latency
that it reckons with. Two calls that it holds apart for whatever reason (a write that may not run in
vain, say) are held apart in the graph.
"""

from __future__ import annotations

import random
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pexec.analyzer.config import check
from pexec.analyzer.engine import analyze
from pexec.analyzer.project import module_name, project_of
from pexec.analyzer.source import from_file
from pexec.analyzer.tree_builder import trees
from pexec.analyzer.variables import Averages, Site
from pexec.analyzer.work import Paths, evaluate
from pexec.codemods.rewrite import rewrite

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.oracle import own, project
from benchmarks.oracle.model import Package

ROOT = Path(__file__).parent.parent
LEAST = 3  # awaiting statements of a block: two are one pair, or none
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


DRAWN: dict[str, Callable[[random.Random], Graph]] = {
    "chains": chains, "woven": woven, "random": anywhere,
}  # fmt: skip


def critical_path(graph: Graph) -> float:
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


# -- recorded ----------------------------------------------------------------------------------


def of_demo() -> Iterator[Graph]:
    """The shipped example."""
    folder = ROOT / "fixtures" / "demo"
    yield from of_file(folder / "agent.py", folder)


def of_golden() -> Iterator[Graph]:
    """What the golden cases of rewrites begin with."""
    folder = ROOT / "fixtures" / "golden"
    for path in sorted((folder / "rewrites").glob("*.py")):
        yield from of_file(path, folder)


def of_oracle() -> Iterator[Graph]:
    """Scripts that make the calls of each turn of the oracle's own scenarios."""
    with tempfile.TemporaryDirectory(prefix="pexec-graphs-") as work:
        for package in own.packages(Path(work) / "packages"):
            folder = Path(work) / "projects" / package.name
            project.write(package, (), folder)
            script = folder / "turns.py"
            script.write_text(_turns(package), encoding="utf-8")
            yield from of_file(script, folder)


def _turns(package: Package) -> str:
    """A module with a function for each turn."""
    parts = [f"from tools import {', '.join(sorted(package.tools))}"]
    turns = [turn for scenario in package.scenarios for turn in scenario.turns]
    for number, turn in enumerate(turns):
        calls = [f"    v{i} = await {call}" for i, call in enumerate(turn)]
        ends = ", ".join(f"v{i}" for i in range(len(turn)))
        parts.append("\n".join([f"async def turn_{number}():", *calls, f"    return {ends}"]))
    return "\n\n\n".join(parts) + "\n"


def of_file(path: Path, folder: Path) -> Iterator[Graph]:
    """The graphs of the blocks of a file in which three calls or more wait, and some needlessly.

    ``folder``: where its ``pexec.toml`` is.
    """
    config = check(tomllib.loads((folder / "pexec.toml").read_text(encoding="utf-8")), path.name)
    source = from_file(path.read_bytes(), path.name)
    if source is None:
        return
    name, package = module_name(path, config.src, folder)
    found = analyze(source, config, name=name, is_package=package,
                    project=project_of(folder, config, config.sources, path))  # fmt: skip
    for function in trees(found, rewrite(found, config, path.name, False)).functions:
        table = Averages([Site(site.latency.distribution) for site in function.sites])
        for block in function.blocks:
            graph = _of_block(block.best, table) if isinstance(block.best, Paths) else None
            if graph and len(graph.waits) >= LEAST and critical_path(graph) < sum(graph.waits):
                yield graph


def _of_block(paths: Paths, table: Averages) -> Graph:
    """The statements of a block that wait, with edges through those that do not."""
    weights = [evaluate(work, table)[0] for work in paths.works]
    place = {j: n for n, j in enumerate(j for j, wait in enumerate(weights) if wait > 0)}
    behind: list[set[int]] = []  # of each statement: the waiting ones next before it
    for needed in paths.needs:
        behind.append(set().union(*({place[i]} if i in place else behind[i] for i in needed)))
    return Graph(
        tuple(round(weights[j]) for j in place), tuple(tuple(sorted(behind[j])) for j in place)
    )


RECORDED: dict[str, Callable[[], Iterator[Graph]]] = {
    "demo": of_demo, "golden": of_golden, "oracle": of_oracle,
}  # fmt: skip
