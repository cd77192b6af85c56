"""Pages of the report for tests: from sources, and made up with names that nobody would choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from pexec.analyzer.codes import Applicability
from pexec.analyzer.config import check
from pexec.analyzer.distributions import Constant
from pexec.analyzer.engine import Analyzed, CallSite, Finding, Fix, analyze
from pexec.analyzer.latency import Latency, Origin
from pexec.analyzer.projection import (
    LOW,
    FileProjection,
    FunctionProjection,
    GroupProjection,
    Times,
    project,
    total,
)
from pexec.analyzer.report.page import Opportunity, Page, Shape, Validation, page_of
from pexec.analyzer.report.reasons import Reason
from pexec.analyzer.report.summary import Undeclared
from pexec.analyzer.source import Source, from_text
from pexec.analyzer.spans import Span
from pexec.analyzer.tree_builder import trees
from pexec.analyzer.work import Leaf, Overlap, Step, seq
from pexec.analyzer.work_trees import Dependence, FileTrees, FunctionTree, GroupTree, TimedCall
from pexec.codemods.rewrite import rewrite

TOOLS: list[dict[str, Any]] = [
    {"match": name, "reads": [f"{name}:{{0}}"], "returns": "fresh", "latency-ms": ms}
    for name, ms in (("one", 100), ("two", {"p50": 200, "p95": 500}), ("three", 300))
] + [{"match": "put", "writes": ["one:{0}"], "returns": "fresh", "latency-ms": 50}]

SHOP = """\
import asyncio

async def account(user):
    profile = await one(user)
    orders = await two(user)
    visits = await three(user)
    terms = await one(profile)
    await put(user)
    return terms, orders, visits

async def stock(ids):
    found = []
    for i in sorted(ids):
        found.append(await two(i))
    return found

async def both(user, ids):
    first = await account(user)
    if first:
        second = await one("x")
    third = await unheard_of(user)
    fourth = await two(ids)
    return second, third, fourth
"""


def page(sources: dict[str, str], *, unsafe: bool = False, **config: Any) -> Page:
    """The page of sources by file name, with the tools above."""
    settings = check({"tools": TOOLS, **config}, "test")
    results: list[Analyzed] = []
    for filename, text in sources.items():
        analysis = analyze(from_text(text), settings, unsafe=unsafe)
        result = rewrite(analysis, settings, filename, unsafe)
        results.append(replace(result, trees=trees(analysis, result)))
    projected = project([r.trees for r in results if r.trees])
    return page_of(projected, results, 0, unsafe=unsafe, version="1.2.3")


#: What a careless page would run, show as something else, or break at.
NASTY = (
    "</script><img src=x onerror='window.pwned=1'>",
    '"><svg onload="window.pwned=1">',
    "' onmouseover='window.pwned=1",
    "{{ 7 * 7 }}{% raw %}",
    "nul\0 esc\x1b[31mred\x1b[0m \x85",
    "lone \ud800 surrogate \udfff",
    "access\u202egnp.exe\u2066 \u200f\u200b\ufeff",
    "שלום_עולם",
    "`tick` `` ``",
    "a" * 3000,
    "&lt;b&gt; &amp; <!-- --> ]]>",
    "end\n::error::of a line ##[error]x",
    "\u2028 line \u2029 paragraph \U0001f468\u200d\U0001f469",
)


def span(line: int, cell: int = 0) -> Span:
    return Span(line * 10, line * 10 + 8, line, 5, line, 13, cell)


@cache
def made_source(lines: int) -> Source:
    return from_text("    x = y\n" * lines)


def made_function(name: str, calls: Sequence[str], reason: str, filename: str) -> FunctionTree:
    """Calls of which the first two run together, and each later one waits for the first."""
    sites = tuple(
        TimedCall(call, span(i + 1),
                  Latency(Constant(100.0 + i), Origin.DEFAULT, f"default for {calls[-1]}"))
        for i, call in enumerate(calls)
    )  # fmt: skip
    leaves = [Leaf(i) for i in range(len(calls))]
    pair = Overlap((Step(leaves[0], False), Step(leaves[1], True)))
    return FunctionTree(
        name, f"{filename}.{name}", span(1), sites,
        seq(*leaves), seq(pair, *leaves[2:]), seq(pair, *leaves[2:]),
        (GroupTree(0, seq(*leaves[:2]), pair, 2),), (),
        tuple(Dependence(0, i, "flow", reason) for i in range(2, len(calls))),
    )  # fmt: skip


def made_page(
    functions: Sequence[tuple[str, Sequence[str]]], reason: str = "`a` uses `b`", message: str = ""
) -> Page:
    """One file for each function, with one opportunity in it."""
    source = made_source(20)
    files = project([
        FileTrees(f"{name}.py", (made_function(name, calls, reason, str(i)),))
        for i, (name, calls) in enumerate(functions)
    ])  # fmt: skip
    found: list[Opportunity] = []
    for file, (_, calls) in zip(files, functions, strict=True):
        function: FunctionProjection = file.functions[0]
        group: GroupProjection = function.groups[0]
        sites = tuple(
            CallSite(call, span(i + 1), (), 100.0, f"default for {reason}", False)
            for i, call in enumerate(calls[:2])
        )
        finding = Finding(
            "PX101", message or f"2 calls: {calls[0]}", span(1), sites, function.name, "plain",
            reason, Applicability.SAFE, 200.0, 100.0, (reason,),
            Fix(0, 10, f"{calls[0]}\n"),
        )  # fmt: skip
        found.append(Opportunity(file.filename, finding, group, function, source))
    names = [calls[-1] for _, calls in functions[:100]]
    return Page(
        files=files,
        times=_total(files),
        opportunities=tuple(found),
        validation=Validation(False, len(found), 0),
        reasons=(Reason("unknown", 3, "are unknown", tuple(names[:3])),),
        costs=tuple(Undeclared(name, f"{name}.py", 0, 3, 1, 1, 50.0) for name in names),
        latencies=(("default", len(found)),),
        more_unsafe=0,
        summary=f"Checked: {functions[0][0]}",
        shapes=(Shape(reason, 1),),
        confidence=LOW,
        version="1.2.3",
        width=2,
    )


def _total(files: Sequence[FileProjection]) -> Times:
    return total([function for file in files for function in file.functions])


def nasty_page() -> Page:
    """Every hostile text in every place that a text of other people can have."""
    functions = [(text, [text, *NASTY, text]) for text in NASTY]
    return made_page(functions, " and ".join(NASTY), "; ".join(NASTY))


def large_page(number: int) -> Page:
    return made_page([(f"function_{i}", ["tools.fetch", "tools.ask", "tools.put"])
                      for i in range(number)])  # fmt: skip
