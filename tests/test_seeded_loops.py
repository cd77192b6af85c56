"""Bugs put into loops and comprehensions on purpose: the validator alone must refuse each of them.

Some are put into the output text, as if what emits it were wrong; others into the planner, which
then overlooks what holds the turns apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pexec.analyzer import comprehension_plans, loops, sieves, turn_plans
from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import analyze
from pexec.analyzer.loop_forms import Fold, LoopForm
from pexec.analyzer.source import from_text
from pexec.analyzer.validate import refusal
from pexec.codemods import found_loops
from pexec.codemods.rewrite import parallelize

TOOLS: list[dict[str, Any]] = [
    {"match": "fetch", "reads": ["http:{0}"], "returns": "fresh", "latency-ms": 100},
    {"match": "ping", "reads": ["http:{0}"], "returns": "fresh", "latency-ms": 100,
     "raises": False},
    {"match": "put", "writes": ["store:{0}"], "returns": "fresh", "latency-ms": 100},
]  # fmt: skip
LOOP = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    found: list[object] = []
    for number, url in enumerate(sorted(urls)):
        page = await fetch(url)
        print(number, page)
        found.append(page)
    else:
        print("done")
    return found
"""
COMPREHENSION = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    return [(url, await fetch(url)) for url in urls if url != "x"]
"""
SIEVED = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    found: list[object] = []
    for url in urls:
        if url == "x":
            continue
        page = await fetch(url)
        print(url, page)
        found.append(page)
    return found
"""
ASKING = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    return [url for url in urls if len(await fetch(url)) > 1]
"""
NESTED = """\
import asyncio


async def crawl(sites: dict[str, list[str]], rows: list[str]) -> list[object]:
    return [(site, await fetch(url)) for site, urls in sites.items() for url in urls if url]
"""
PLAIN = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    found: list[object] = []
    for url in urls:
        found.append(await ping(url))
    return found
"""


def config() -> Config:
    return check({"tools": TOOLS}, "test")


def reason(source: str, old: str, new: str) -> str:
    """What the validator says of the rewritten text with ``old`` replaced."""
    written = parallelize(source, config=config()).source
    assert written != source
    assert old in written, written
    analysis = analyze(from_text(source), config(), script=False)
    assert refusal(analysis, written, config()) == ""
    return refusal(analysis, written.replace(old, new), config())


IN_LOOPS = {
    "no cancel": ("        for task in tasks:\n            task.cancel()\n", ""),
    "no drain": ("        await asyncio.gather(*tasks, return_exceptions=True)\n", ""),
    "drain that raises": (", return_exceptions=True", ""),
    "cancels one": ("        for task in tasks:\n            task.cancel()\n",
                    "        tasks[0].cancel()\n"),
    "no finally": ("    finally:\n", "    except ValueError:\n"),
    "no limit": ("        async with limit:\n            return", "        if limit:\n"
                 "            return"),
    "limit that is not awaited": ("async with limit", "with limit"),
    "wider than allowed": ("Semaphore(8)", "Semaphore(80)"),
    "goes through something else": ("zip(items, tasks)", "zip(rows, tasks)"),
    "calls for something else": ("for number, url in items]", "for number, url in rows]"),
    "other target": ("for (number, url), task", "for (url, number), task"),
    "late binding": ("async def bounded_fetch(url):", "async def bounded_fetch():"),
    "other parameter": ("bounded_fetch(url)) for", "bounded_fetch(number)) for"),
    "used up": ("list(enumerate(sorted(urls)))", "enumerate(sorted(urls))"),
    "one task for all": ("await task\n", "await tasks[0]\n"),
    "awaited twice": ("print(number, page)", "print(number, await task)"),
    "statement left out": ("            print(number, page)\n", ""),
    "statements change places": ("            print(number, page)\n            found.append(page)",
                                 "            found.append(page)\n"
                                 "            print(number, page)"),
    "no else": ("        else:\n            print(\"done\")\n", ""),
    "another call": ("return await fetch(url)", "return await fetch(urls)"),
    "not awaited": ("return await fetch(url)", "return fetch(url)"),
    "name in use": ("tasks", "rows"),
    "more in the function": ("            return await", "            print(url)\n"
                             "            return await"),
    "a default": ("bounded_fetch(url):", "bounded_fetch(url=1):"),
    "filtered": ("url in items]", "url in items if url]"),
    "not strict": ("zip(items, tasks)", "zip(items, tasks, strict=False)"),
}  # fmt: skip
IN_COMPREHENSIONS = {
    "no cancel": ("        for task in tasks:\n            task.cancel()\n", ""),
    "no condition": (' if url != "x"]', "]"),
    "another condition": ('!= "x"', '== "x"'),
    "goes through all": ("zip(urls_2, tasks)", "zip(urls, tasks)"),
    "calls for all": ("for url in urls_2]", "for url in urls]"),
    "other element": ("[(url, await task)", "[(await task, url)"),
    "not awaited": ("(url, await task)", "(url, task)"),
    "no limit": ("        async with limit:\n            return", "        if limit:\n"
                 "            return"),
}  # fmt: skip
IN_NESTED = {
    "no condition": (" if url]", "]"),
    "other names": ("[(site, url) for", "[(url, site) for"),
    "fewer names": ("[(site, url) for", "[(site, urls) for"),
    "a name of the last clause": ("(site, await task)", "(urls, await task)"),
    "another name": ("fetch(url)\n", "fetch(urls)\n"),
    "another parameter": ("bounded_fetch(url)) for", "bounded_fetch(site)) for"),
    "something else": ("for url in urls if", "for url in rows if"),
}  # fmt: skip
IN_ASKING = {
    "no condition": (" if len(await task) > 1]", "]"),
    "another condition": ("> 1", "> 2"),
    "not awaited": ("len(await task)", "len(task)"),
    "awaited for an element": ("[url for url, task", "[await task for url, task"),
    "all of another": ("zip(urls, tasks)", "zip(rows, tasks)"),
    "behind another one": ("if len(await task)", "if url if len(await task)"),
}  # fmt: skip
IN_SIEVED = {
    "no condition": (' if url != "x"]', "]"),
    "another condition": ('!= "x"', '!= "y"'),
    "the condition itself": ('!= "x"', '== "x"'),
    "goes through all": ("zip(chosen, tasks)", "zip(urls, tasks)"),
    "calls for all": ("for url in chosen]", "for url in urls]"),
    "skips once more": ("            page = await task", "            if url == \"x\":\n"
                        "                continue\n            page = await task"),
    "something else": ("[url for url", "[url + url for url"),
}  # fmt: skip
IN_PLAIN = {
    "wider than allowed": ("Semaphore(8)", "Semaphore(9)"),
    "something else is extended": ("found.extend(", "rows.extend("),
    "something else is called": ("bounded_ping(url) for", "bounded_ping(rows) for"),
    "over something else": ("for url in urls)", "for url in rows)"),
    "in a list": ("gather(*(bounded_ping(url) for url in urls))", "gather(bounded_ping(urls))"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_LOOPS)
def test_wrong_text_of_a_loop_is_refused(name: str) -> None:
    assert reason(LOOP, *IN_LOOPS[name]) != ""


@pytest.mark.parametrize("name", IN_COMPREHENSIONS)
def test_wrong_text_of_a_comprehension_is_refused(name: str) -> None:
    old, new = IN_COMPREHENSIONS[name]
    assert reason(COMPREHENSION, old.replace("urls_2", "chosen"), new.replace("urls_2", "chosen"))


@pytest.mark.parametrize("name", IN_NESTED)
def test_wrong_text_of_several_clauses_is_refused(name: str) -> None:
    assert reason(NESTED, *IN_NESTED[name]) != ""


@pytest.mark.parametrize("name", IN_ASKING)
def test_wrong_text_of_a_comprehension_that_asks_is_refused(name: str) -> None:
    assert reason(ASKING, *IN_ASKING[name]) != ""


@pytest.mark.parametrize("name", IN_SIEVED)
def test_wrong_text_of_a_loop_with_a_condition_is_refused(name: str) -> None:
    assert reason(SIEVED, *IN_SIEVED[name]) != ""


@pytest.mark.parametrize("name", IN_PLAIN)
def test_wrong_text_of_a_plain_loop_is_refused(name: str) -> None:
    assert reason(PLAIN, *IN_PLAIN[name]) != ""


def body(*lines: str, over: str = "urls", before: str = "") -> str:
    """A function with one loop."""
    turn = "".join(f"        {line}\n" for line in lines)
    return (
        f"async def crawl(urls: list[str], rows: list[str], any_of):\n    found = []\n{before}"
        f"    for url in {over}:\n{turn}    return found\n"
    )


NOTHING: Callable[..., None] = lambda *args, **keywords: None  # noqa: E731
EMPTY: Callable[..., str] = lambda *args, **keywords: ""  # noqa: E731
Bug = tuple[Any, str, Any, str]
PLANNER: dict[str, Bug] = {
    "dependence": (turn_plans.Turning, "dependent", NOTHING,
                   body("state = await fetch(state)", before="    state = 1\n")),
    "writes": (turn_plans.Turning, "dependent", NOTHING, body("await put(url)")),
    "grows": (turn_plans.Turning, "dependent", NOTHING,
              body("urls.append(await fetch(url))")),
    "exits": (loops.Loops, "_leaves", NOTHING, body("if await fetch(url):", "    break")),
    "returns": (loops.Loops, "_leaves", NOTHING, body("if await fetch(url):", "    return 1")),
    "skips": (loops.Loops, "_leaves", NOTHING,
              body("print(url)", "if url:", "    continue", "await fetch(url)")),
    "equal elements": (turn_plans, "told_apart", lambda target, *args: {target: "builtins.str"},
                       body("try:", "    await put(url)", "except Exception:", "    pass")),
    "a failing turn": (loops, "may_fail", lambda *args: False,
                       body("await put(url)", over="set(urls)")),
    "what turns change": (loops, "asked_ahead", NOTHING,
                          body("if len(found) > 1:", "    continue",
                               "found.append(await fetch(url))")),
    "what a turn asks": (loops, "asked_ahead", NOTHING,
                         body("if print(url):", "    continue", "await fetch(url)")),
    "what a turn prints first": (loops, "asked_ahead", NOTHING,
                                 body("if url.rest:", "    print(await fetch(url))")
                                 .replace("list[str]", "list[object]")),
    "what is seen afterwards": (loops, "gone", lambda *args: True,
                                body("if url:", "    await fetch(url)").replace(
                                    "return found", "return url")),
    "what is no opposite": (sieves, "compares_scalars", lambda *args: True,
                            body("if url == other:", "    continue", "await fetch(url)").replace(
                                "urls: list[str]", "urls: list[object], other: object")),
    "generators": (loops, "undrained", EMPTY, body("await fetch(url)", over="any_of")),
    "unpacking": (loops, "misfit", EMPTY,
                  body("await fetch(url)").replace("for url in", "for url, other in")),
    "super": (turn_plans.Turning, "moved", NOTHING,
              "class A:\n    async def one(self, url: str):\n        return await fetch(url)\n\n\n"
              "class B(A):\n    async def all(self, urls: list[str]):\n"
              "        for url in urls:\n            await super().one(url)\n"),
    "unbound": (turn_plans.Turning, "moved", NOTHING,
                body("await fetch(later)").replace("    return", "    later = 1\n    return")),
    "closures": (loops, "shared", EMPTY,
                 body("await load()", before="    async def load():\n"
                      "        return await fetch(url)\n\n")),
    "nested": (turn_plans.Turning, "gathers", NOTHING,
               body("await pair()", before="    async def pair():\n        return await"
                    " asyncio.gather(fetch(1), fetch(2))\n\n").replace(
                        "async def crawl", "import asyncio\n\n\nasync def crawl")),
    "bound": (
        turn_plans, "min", lambda *of, **how: 80 if len(of) == 2 else min(*of, **how),
        body("await fetch(url)"),
    ),
    "evaluated twice": (turn_plans.Turning, "_repeats", lambda *args: True,
                        body("await fetch(url)", over="[print(u) for u in urls]")),
    "used up": (turn_plans, "passing", lambda *args: False,
                body("await fetch(url)", over="enumerate(sorted(urls))")),
    "plain everywhere": (found_loops, "form_of", lambda *args: LoopForm(Fold.EXTEND, "a bug"),
                         body("found.append(await fetch(url))")),
    "what a condition does": (comprehension_plans.Comprehensions, "_tested", NOTHING,
                              "async def crawl(urls: list[str]):\n"
                              "    return [await fetch(u) for u in urls if print(u)]\n"),
    "what stands before": (comprehension_plans.Comprehensions, "_ahead", NOTHING,
                           "async def crawl(urls: list[str]):\n"
                           "    return print(1), [await fetch(u) for u in urls]\n"),
    "guards of a condition": (comprehension_plans, "certain", EMPTY,
                              "async def crawl(urls: list[str]):\n"
                              "    return [u for u in urls if u and await fetch(u)]\n"),
    "guards": (comprehension_plans, "certain", EMPTY,
               "async def crawl(urls: list[str]):\n"
               "    return [u and await fetch(u) for u in urls]\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANNER)
def test_the_validator_alone_refuses_the_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, bug, source = PLANNER[name]
    right = parallelize(source, config=config())
    monkeypatch.setattr(owner, attribute, bug, raising=False)
    found = parallelize(source, config=config())
    assert found.source in (source, right.source)
    assert [b.kind for b in found.blocked if b.kind == "validator"], found.source
