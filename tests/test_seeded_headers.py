"""Bugs put into rewritten headers of `if`, `for` and `match`: the validator alone must refuse them.

Some are put into the output text, as if what emits it were wrong; others into the planner.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pexec.analyzer import blocks, header_ways
from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import Analyzed, analyze, analyze_bytes
from pexec.analyzer.headers import Header
from pexec.analyzer.source import from_text
from pexec.analyzer.validate import refusal
from pexec.codemods.rewrite import parallelize, rewrite
from test_seeded_chains import TOOLS

GOT = {"match": "got", "reads": ["store:{0}"], "returns": "fresh", "latency-ms": 100}


def config() -> Config:
    return check({"tools": [*TOOLS, GOT]}, "test")


RESULTS = """\
import asyncio


async def crawl(one: str, two: str, flag: bool) -> object:
    if await fetch(one) == await fetch(two) and flag:
        return one
    elif flag:
        return two
    return None
"""
VALUE = """\
import asyncio


async def crawl(one: str, two: str, flag: bool) -> object:
    if not (await fetch(one))["a"] == (await fetch(two))["b"] and flag or await fetch("x"):
        return one
    return two
"""
PLAIN = """\
import asyncio


async def main() -> None:
    one, two, flag = "a", "b", True
    for page in zip(await fetch(one), await fetch(two)):
        print(page, flag)


asyncio.run(main())
"""
FIRST = "fetch_result = await fetch(one)"
SECOND = "fetch_result_2 = await fetch_task"
ASKED = 'condition = (await fetch(one))["a"] == (await fetch_task)["b"]'
IN_TEXT = {
    "no cancel": (RESULTS, "        fetch_task.cancel()\n", ""),
    "no drain": (RESULTS, "await asyncio.gather(fetch_task, return_exceptions=True)", "pass"),
    "drain that raises": (RESULTS, ", return_exceptions=True", ""),
    "a handler": (RESULTS, "    finally:\n", "    except ValueError:\n"),
    "results change places": (RESULTS, "fetch_result == fetch_result_2",
                              "fetch_result_2 == fetch_result"),
    "a result is read twice": (RESULTS, "== fetch_result_2", "== fetch_result"),
    "a result is not read": (RESULTS, "== fetch_result_2", "== one"),
    "another operator": (RESULTS, "fetch_result == ", "fetch_result != "),
    "another guard": (RESULTS, " and flag:", " or flag:"),
    "no guard": (RESULTS, " and flag:", ":"),
    "another elif": (RESULTS, "elif flag:", "elif fetch_result:"),
    "another block": (RESULTS, "return one", "return two"),
    "the block reads a result": (RESULTS, "return one", "return fetch_result"),
    "the task is awaited first": (RESULTS, f"        {FIRST}\n        {SECOND}\n",
                                  f"        {SECOND}\n        {FIRST}\n"),
    "awaited in the header": (RESULTS, f"        {SECOND}\n", ""),
    "never awaited": (RESULTS, SECOND, "fetch_result_2 = fetch_task"),
    "the first is not awaited": (RESULTS, "= await fetch(one)", "= fetch(one)"),
    "another call": (RESULTS, "await fetch(one)", "await fetch(flag)"),
    "another call starts": (RESULTS, "ensure_future(fetch(two))", "ensure_future(fetch(flag))"),
    "bound twice": (RESULTS, SECOND, "fetch_result = await fetch_task"),
    "a name in use": (RESULTS, "fetch_result_2", "two"),
    "a result more": (RESULTS, f"        {SECOND}\n",
                      f"        {SECOND}\n        more = await fetch(two)\n"),
    "something more": (RESULTS, f"        {SECOND}\n", f"        {SECOND}\n        print(one)\n"),
    "the statement is in the try": (RESULTS, f"        {SECOND}\n", f"        {SECOND}\n"
                                    "        if fetch_result == fetch_result_2 and flag:\n"
                                    "            return one\n"),
    "other library": (RESULTS, "asyncio.ensure_future", "trio.ensure_future"),
    "more of the condition": (VALUE, ASKED, ASKED + " and flag"),
    "less of the condition": (VALUE, ASKED, "condition = (await fetch(one))[\"a\"]"),
    "negated in the value too": (VALUE, ASKED, ASKED.replace("= (", "= not (", 1)),
    "negated in the value": (VALUE, ASKED, ASKED.replace("= (", "= not (", 1), "not condition",
                             "condition"),
    "the guard goes into the value": (VALUE, ASKED, ASKED + " and flag", "condition and flag",
                                      "condition"),
    "behind the guard": (VALUE, "not condition and flag", "flag and not condition"),
    "tested twice": (VALUE, "not condition and", "not condition and not condition and"),
    "no value": (VALUE, "not condition and", "not one and"),
    "the value is bound to a name in use": (VALUE, "condition", "flag"),
    "the guarded call is started": (VALUE, "or await fetch(\"x\")", "or condition"),
    "results are swapped": (PLAIN, "zip(fetch_result, fetch_result_2)",
                            "zip(fetch_result_2, fetch_result)"),
    "names are swapped": (PLAIN, "fetch_result, fetch_result_2 =",
                          "fetch_result_2, fetch_result ="),
    "another target": (PLAIN, "for page in", "for flag in"),
    "read in a turn": (PLAIN, "print(page, flag)", "print(page, fetch_result)"),
    "gathered calls are swapped": (PLAIN, "fetch(one), fetch(two)", "fetch(two), fetch(one)"),
    "one call more": (PLAIN, "fetch(one), fetch(two))", "fetch(one), fetch(two), fetch(one))"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_TEXT)
def test_a_bug_in_the_text_is_refused(name: str) -> None:
    source, *changes = IN_TEXT[name]
    analysis = analyze(from_text(source), config(), script=source is PLAIN)
    written = rewritten(source)
    assert refusal(analysis, written, config()) == ""
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in written, written
        written = written.replace(old, new)
    assert refusal(analysis, written, config())


def rewritten(source: str) -> str:
    done = analyze_bytes(source.encode(), "seeded.py", config(), rewrite)
    assert isinstance(done, Analyzed)
    assert done.fixed is not None
    return done.fixed


HEADER = """\
import asyncio


async def crawl(box: dict[str, object], url: str) -> object:
    {header}
        return url
    return None
"""
#: A header, and the check of the planner that is put out of action.
IN_PLANNER = {
    "what raises between": ('if [(await fetch(url))["a"], await fetch("b")]:', "between"),
    "what is seen between": ('if [await fetch(url), print(url), await fetch("b")]:', "between"),
    "what changes between": ('if [str(box), await put(box), await fetch("b")]:', "between"),
    "a chained comparison": ('if (await fetch(url))["a"] < (await fetch("b"))["a"] < 3:',
                             "unnamed"),
    "a write": ("if await fetch(url) == await put(url):", "blocking"),
    "a read of what is written": ("if await put(url) == await got(url):", "blocking"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLANNER)
def test_the_validator_alone_refuses_what_the_planner_overlooks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, check_of = IN_PLANNER[name]
    source = HEADER.format(header=header)
    before = parallelize(source, config=config())
    assert not [b for b in before.blocked if b.kind == "validator"]
    overlook(check_of, monkeypatch)
    after = parallelize(source, config=config())
    assert [b for b in after.blocked if b.kind == "validator"], after.source


def overlook(check_of: str, patch: pytest.MonkeyPatch) -> None:
    if check_of == "between":
        patch.setattr(header_ways, "_moved_behind", lambda *arguments: "")
    elif check_of == "unnamed":
        find = header_ways.header_of

        def found(*place: Any) -> Header | None:
            header = find(*place)
            return header and replace(header, unnamed="")

        patch.setattr(header_ways, "header_of", found)
    elif check_of == "blocking":
        patch.setattr(blocks, "blocking", lambda pair: None)


AHEAD = """\
    fetch_task = asyncio.ensure_future(fetch("b"))
    try:
        fetch_result = await fetch(url)
        fetch_result_2 = await fetch_task
    finally:
        fetch_task.cancel()
        await asyncio.gather(fetch_task, return_exceptions=True)
"""
WHOLE = AHEAD.replace("        fetch_result = await fetch(url)\n", "").replace(
    "fetch_result_2", "{0}"
)
#: Headers whose calls must stay where they are, and what a rewrite would make of them.
BY_HAND = {
    "an elif": ('if url:\n        pass\n    elif await fetch(url) == await fetch("b"):', AHEAD,
                "if url:\n        pass\n    elif fetch_result == fetch_result_2:"),
    "a while": ('while await fetch(url) == await fetch("b"):', AHEAD,
                "while fetch_result == fetch_result_2:"),
    "a with": ('with box[await fetch(url)], box[await fetch("b")]:', AHEAD,
               "with box[fetch_result], box[fetch_result_2]:"),
    "a guard": ('if await fetch(url) and await fetch("b"):', AHEAD,
                "if fetch_result and fetch_result_2:"),
    "a branch": ('if await fetch(url) if box else await fetch("b"):', AHEAD,
                 "if fetch_result if box else fetch_result_2:"),
    "a comprehension": ('if [await fetch(url), [await fetch("b") for _ in box]]:', AHEAD,
                        "if [fetch_result, [fetch_result_2 for _ in box]]:"),
    "a call in front that stays": (
        'if [await put(url), await fetch(url), await fetch("b")]:', AHEAD,
        "if [await put(url), fetch_result, fetch_result_2]:"),
    "a condition with a guard": (
        'if await fetch(url) == await fetch("b") and box:',
        WHOLE.format("condition").replace("await fetch_task\n", "await fetch(url) == "
                                          "await fetch_task and box\n", 1), "if condition:"),
    "what is not evaluated first": (
        'if box or await fetch(url) == await fetch("b"):',
        WHOLE.format("condition").replace("await fetch_task\n", "await fetch(url) == "
                                          "await fetch_task\n", 1), "if box or condition:"),
    "a chained comparison's value": (
        'if await fetch(url) < await fetch("b") < 3:',
        WHOLE.format("condition").replace("await fetch_task\n", "await fetch(url) < "
                                          "await fetch_task < 3\n", 1), "if condition:"),
    "a part of what a for goes through": (
        'for one in zip(box, [await fetch(url), await fetch("b")]):',
        WHOLE.format("items").replace("await fetch_task\n", "[await fetch(url), "
                                      "await fetch_task]\n", 1), "for one in zip(box, items):"),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_a_header_that_has_to_stay_is_refused(name: str) -> None:
    header, ahead, after = BY_HAND[name]
    source = HEADER.format(header=header)
    analysis = analyze(from_text(source), config(), script=False)
    text = source.replace(f"    {header}", f"{ahead}    {after}")
    assert text != source
    assert refusal(analysis, text, config())
