"""Limits on how many calls run at once: which calls they mean, and what is written then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pexec.analyzer.config import ConfigError, check
from pexec.analyzer.engine import Analyzed, analyze
from pexec.analyzer.limits import limits_of
from pexec.analyzer.projection import Times, project
from pexec.analyzer.source import from_text
from pexec.analyzer.tree_builder import trees
from pexec.codemods.rewrite import rewrite
from simulation.loop import run_program

TOOLS = [
    {"match": name, "reads": [f"{name}:{{0}}"], "returns": "fresh", "latency-ms": ms}
    for name, ms in (("one", 100), ("two", 200), ("three", 300), ("also", 100))
]


def projected(source: str, limits: list[dict[str, Any]]) -> tuple[Analyzed, Times]:
    conf = check({"tools": TOOLS, "limits": limits}, "test")
    analysis = analyze(from_text(source), conf)
    result = rewrite(analysis, conf, "t.py", False)
    times = project([trees(analysis, result)])[0].times
    assert times.critical_ms <= times.projected_ms + 1e-6 <= times.sequential_ms + 2e-6
    return result, times


def found(source: str, limits: list[dict[str, Any]]) -> Analyzed:
    return projected(source, limits)[0]


def body(*lines: str) -> str:
    return "async def f(a, b):\n" + "".join(f"    {line}\n" for line in lines)


# ---- what is offered

PAIR = body("x = await one(a)", "y = await two(b)")


@pytest.mark.parametrize(
    "limits",
    [
        [{"match": ["one", "two"], "max-concurrency": 1}],
        [{"match": "*", "max-concurrency": 1}],
        [{"match": "*", "max-concurrency": 5}, {"match": "t*", "max-concurrency": 3},
         {"match": "*o*", "max-concurrency": 1}],
    ],
    ids=["list", "pattern", "narrowest"],
)  # fmt: skip
def test_what_runs_one_at_a_time_is_not_offered(limits: list[dict[str, Any]]) -> None:
    result = found(PAIR, limits)
    assert not result.findings
    match = limits[-1]["match"]
    names = " or ".join(f"`{m}`" for m in ([match] if isinstance(match, str) else match))
    (note,) = result.blocked
    assert (note.kind, note.words) == ("gain", f"`limits` lets one call of {names} run at a time")


@pytest.mark.parametrize(
    ("lines", "limit", "expected"),
    [
        # three at a time, of four: the fourth comes after them
        (("x = await one(a)", "y = await one(b)", "z = await also(a)", "w = await also(b)"),
         3, (400, 200)),
        (("x = await one(a)", "y = await two(b)", "z = await three(a)"), 2, (600, 400)),
        (("x = await one(a)", "y = await two(b)", "z = await three(a)"), 3, (600, 300)),
        (("for i in range(6):", "    await one(i)"), 2, (600, 300)),
        (("return await one(a), await one(b), await one(3)",), 2, (300, 200)),
    ],
    ids=["four-by-three", "by-two", "enough", "loop", "operands"],
)  # fmt: skip
def test_the_projected_time_respects_a_limit(
    lines: tuple[str, ...], limit: int, expected: tuple[float, float]
) -> None:
    times = projected(body(*lines), [{"match": "*", "max-concurrency": limit}])[1]
    assert (times.sequential_ms, times.projected_ms) == expected


def test_at_best_one_at_a_time_is_as_slow_as_now() -> None:
    times = projected(PAIR, [{"match": "*", "max-concurrency": 1}])[1]
    assert times.sequential_ms == times.projected_ms == times.critical_ms == 300


CHAINS = ("x = await two(a)", "u = await one(b)", "v = await three(u)", "return x, v")


def test_a_chain_with_a_call_of_a_limit_is_one_of_its_calls() -> None:
    (free,) = found(body(*CHAINS), []).findings
    assert (free.code, free.parallel_ms) == ("PX106", 400)
    assert found(body(*CHAINS), [{"match": ["one", "three"], "max-concurrency": 1}]).findings
    held = found(body(*CHAINS), [{"match": ["two", "three"], "max-concurrency": 1}]).findings
    assert [(f.code, f.parallel_ms) for f in held] == [("PX101", 200)]


def test_only_calls_of_other_places_run_beside_a_slow_one() -> None:
    lines = ("x = await one(a)", "y = await also(b)", "z = await three(a)", "return x, y, z")
    result = found(body(*lines), [{"match": ["one", "also"], "max-concurrency": 1}])
    (finding,) = result.findings
    assert [c.name for c in finding.calls if c.started_early] == ["three"]
    assert "ensure_future(also" not in (result.fixed or "")


THREADED = [
    {"match": "load", "reads": ["load:{0}"], "returns": "fresh", "latency-ms": 100,
     "threads": "safe"},
    {"match": "keep", "writes": ["kept:{0}"], "returns": "fresh", "latency-ms": 50,
     "threads": "safe"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "match", "most", "workers"),
    [
        (("for x in range(9):", "    print(load(x))"), "*", 3, 3),
        (("for x in range(9):", "    print(load(x))"), "*", 1, 0),
        (("y = [load(x) for x in range(9)]",), "load", 2, 2),
        # `keep` runs beside the threads, so it takes a place of its own
        (("for x in range(9):", "    keep('n', load(x))"), "*", 3, 2),
        (("for x in range(9):", "    keep('n', load(x))"), "*", 2, 0),
        (("for x in range(9):", "    keep('n', load(x))"), "load", 2, 2),
        (("for x in range(9):", "    if a:", "        keep('n', 1)", "    load(x)"), "*", 3, 2),
        # what is gone through is there before
        (("for x in sorted(load('all')):", "    y = load(x)"), "load", 2, 2),
        # a branch that stays between two calls
        (("x = load(a)", "if a:", "    load(3)", "y = load(b)"), "load", 1, 0),
        (("x = keep('n', 1)", "if a:", "    load(3)", "y = load(b)"), "load", 1, 0),
        (("x = keep('n', 1)", "if a:", "    load(3)", "y = load(b)"), "load", 2, 1),
    ],
)
def test_threads_respect_a_limit(
    lines: tuple[str, ...], match: str, most: int, workers: int
) -> None:
    conf = check({"tools": THREADED, "limits": [{"match": match, "max-concurrency": most}]}, "test")
    source = body(*lines).removeprefix("async ")
    result = rewrite(analyze(from_text(source), conf), conf, "t.py", False)
    assert bool(result.findings) == bool(workers)
    assert f"max_workers={workers}" in (result.fixed or "max_workers=0")


LINES = st.sampled_from([
    "x = await one(a)", "y = await two(b)", "z = await three(x)", "x = await two(y)",
    "z = await also(a)", "y = await three(a)", "w = (await one(x), await also(b), await two(a))",
    "for i in range(5):\n        await also(i)",
])  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(LINES, min_size=2, max_size=8), st.integers(1, 3))
def test_the_rewrite_never_asks_for_more_than_a_limit_and_takes_as_long_as_projected(
    lines: list[str], most: int
) -> None:
    """The rewritten function runs on a loop whose time is virtual, with tools that count."""
    limits = [{"match": "two", "max-concurrency": 2},
              {"match": ["one", "also"], "max-concurrency": most}]  # fmt: skip
    source = body("x = y = 0", *lines)
    result, times = projected(source, limits)
    running: dict[str, int] = dict.fromkeys(("one", "also", "two", "three"), 0)
    seen = {"two": 0, "others": 0}

    def tool(name: str, ms: float) -> Callable[[object], Coroutine[Any, Any, str]]:
        async def call(argument: object) -> str:
            running[name] += 1
            seen["two"] = max(seen["two"], running["two"])
            seen["others"] = max(seen["others"], running["one"] + running["also"])
            await asyncio.sleep(ms)
            running[name] -= 1
            return name

        return call

    space: dict[str, Any] = {t["match"]: tool(t["match"], t["latency-ms"]) for t in TOOLS}
    exec(compile(result.fixed or source, "t.py", "exec"), space)
    ending = run_program(lambda loop: space["f"](1, 2))
    assert ending.kind == "value", ending
    assert seen["two"] <= 2
    assert seen["others"] <= most
    loops = sum("for" in line for line in lines)
    if loops == sum(f.turns != "" for f in result.findings):  # one that is left counts as one turn
        assert ending.time == pytest.approx(times.projected_ms)


# ---- which calls


CALLS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "a tool": (
        "import mcp\nasync def f(s: mcp.ClientSession):\n    await s.call_tool('get', {})\n",
        {},
        {"mcp:get", "mcp:*"},
    ),
    "a tool of a server": (
        "import mcp\nasync def f(s: mcp.ClientSession):\n    await s.call_tool('get', {})\n",
        {"sessions": {"*.f.s": "crm"}},
        {"mcp:get", "mcp:*", "mcp:crm/*", "mcp:crm/get"},
    ),
    "a tool whose declaration names the server": (
        "import mcp\nasync def f(s: mcp.ClientSession):\n    await s.call_tool('get', {})\n",
        {"tools": [{"match": "mcp:get", "reads": ["mcp:crm"]}]},
        {"mcp:get", "mcp:*", "mcp:crm/*", "mcp:crm/get", "mcp:crm"},
    ),
    "a host": (
        "import httpx\nasync def f(c: httpx.AsyncClient, p):\n"
        "    await c.get(f'https://slow.example/{p}')\n",
        {},
        {"httpx.*", "http:slow.example", "http:*"},
    ),
    "a function that speaks to a host": (
        "import httpx\nasync def f(c: httpx.AsyncClient):\n    return await g(c)\n"
        "async def g(c: httpx.AsyncClient):\n    if c:\n        return h(c)\n"
        "def h(c: httpx.AsyncClient):\n    return c.get('https://slow.example/a')\n",
        {},
        {"httpx.*", "http:slow.example", "http:*"},
    ),
    "an unknown host": (
        "import httpx\nasync def f(c: httpx.AsyncClient, p):\n    await c.get(p)\n",
        {},
        {"httpx.*"},
    ),
}
PATTERNS = (
    "mcp:get", "mcp:*", "mcp:crm/*", "mcp:crm/get", "mcp:mail/*", "mcp:crm",
    "httpx.*", "http:slow.example", "http:other.example", "http:*", "get",
)  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_which_limits_a_call_falls_under(name: str) -> None:
    source, config, expected = CALLS[name]
    limits = [{"match": p, "max-concurrency": 1} for p in PATTERNS]
    conf = check({"limits": limits, **config}, "test")
    inference = analyze(from_text(source), conf).inference
    call = next(c for c in inference.module.calls.values() if c.awaited)
    matched = {limit.match[0] for limit in limits_of(inference, call)}
    assert matched == expected


@pytest.mark.parametrize("match", [3, [], [""], "", [1]])
def test_a_limit_names_what_it_means(match: object) -> None:
    with pytest.raises(ConfigError, match="match"):
        check({"limits": [{"match": match, "max-concurrency": 1}]}, "pexec.toml")
