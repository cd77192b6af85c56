"""Bugs put into chains on purpose: the validator alone must refuse each of them.

Some are put into the output text, as if what emits it were wrong; others into the planner, which
then overlooks what holds the chains apart. Random programs are executed before and after, too.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from pexec.analyzer import chain_links
from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import analyze
from pexec.analyzer.moved_blocks import Reading
from pexec.analyzer.source import from_text
from pexec.analyzer.validate import refusal
from pexec.codemods.rewrite import parallelize
from simulation.chain_programs import chain_program
from simulation.search import check_program

EXAMPLES = int(os.environ.get("PEXEC_CHAINS", "25"))
TOOLS: list[dict[str, Any]] = [
    {"match": "fetch", "reads": ["http:{0}"], "returns": "fresh", "latency-ms": 100},
    {"match": "ping", "reads": ["http:{0}"], "returns": "fresh", "latency-ms": 100,
     "raises": False},
    {"match": "put", "writes": ["store:{0}"], "returns": "fresh", "latency-ms": 100},
]  # fmt: skip
CHAINS = """\
import asyncio


async def crawl(url: str, other: str) -> list[object]:
    one = await fetch(url)
    two = await fetch(one)
    three = await fetch(other)
    number = len(three)
    four = await fetch(three)
    five = await fetch("x")
    six = await fetch(five)
    seven = await fetch("y")
    return [two, number, four, six, seven]
"""


def config() -> Config:
    return check({"tools": TOOLS}, "test")


def reason(source: str, old: str, new: str) -> str:
    """What the validator says of the rewritten text with ``old`` replaced."""
    written = parallelize(source, config=config()).source
    assert old in written, written
    analysis = analyze(from_text(source), config(), script=False)
    assert refusal(analysis, written, config()) == ""
    return refusal(analysis, written.replace(old, new), config())


IN_TEXT = {
    "no cancel": ("        four_task.cancel()\n", ""),
    "no drain": ("        await asyncio.gather(four_task, six_task, seven_task, "
                 "return_exceptions=True)\n", ""),
    "one is not drained": ("gather(four_task, six_task,", "gather(six_task,"),
    "drain that raises": (", return_exceptions=True", ""),
    "no finally": ("    finally:\n", "    except ValueError:\n"),
    "a name is not returned": ("return number, four", "return four"),
    "names change places": ("return number, four", "return four, number"),
    "bound in another order": ("number, four = await", "four, number = await"),
    "another name is bound": ("number, four = await", "number, fourth = await"),
    "another name is given": ("return number, four\n", "return three, four\n"),
    "awaited in another order": ("        number, four = await four_task\n"
                                 "        six = await six_task\n",
                                 "        six = await six_task\n"
                                 "        number, four = await four_task\n"),
    "never awaited": ("        six = await six_task\n", ""),
    "awaited twice": ("        six = await six_task\n",
                      "        six = await six_task\n        six = await six_task\n"),
    "a link is left out": ("        number = len(three)\n", ""),
    "a link more": ("        number = len(three)\n",
                    "        number = len(three)\n        print(number)\n"),
    "links change places": ("        three = await fetch(other)\n        number = len(three)\n",
                            "        number = len(three)\n        three = await fetch(other)\n"),
    "a link is not awaited": ("five = await fetch", "five = fetch"),
    "the last call is not awaited": ("return await fetch(five)", "return fetch(five)"),
    "another call": ("return await fetch(five)", "return await fetch(url)"),
    "nonlocal": ("        five = await", "        nonlocal six\n        five = await"),
    "a parameter": ("async def load_six():", "async def load_six(url=1):"),
    "a decorator": ("    async def load_six():", "    @cache\n    async def load_six():"),
    "not asynchronous": ("async def load_six():", "def load_six():"),
    "started twice": ("ensure_future(load_six())", "ensure_future(load_four())"),
    "handed something": ("load_six()", "load_six(url)"),
    "the first call leads no more": ("        one = await fetch(url)\n", ""),
    "the first calls change places": ("        one = await fetch(url)\n"
                                      "        two = await fetch(one)\n",
                                      "        two = await fetch(one)\n"
                                      "        one = await fetch(url)\n"),
    "a name in use": ("load_six", "other"),
    "one name for two": ("load_six", "load_four"),
    "a task with a name in use": ("six_task", "url"),
    "other library": ("asyncio.ensure_future(load_four", "trio.ensure_future(load_four"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_TEXT)
def test_a_bug_in_the_text_is_refused(name: str) -> None:
    assert reason(CHAINS, *IN_TEXT[name])


BODY = """\
async def crawl(box: dict[str, object], url: str, flag: bool) -> object:
    total = 0
    if flag:
        part = url
    one = await fetch(url)
    two = await fetch(one)
    three = await {first}
    four = await fetch(three)
    five = await {last}
    return [two, five, total{more}]
"""
#: The first and last calls of the second chain, what else is returned, and which of the planner's
#: checks is put out of action.
IN_PLANNER = {
    "a write leads": ("put(url)", "fetch(four)", "", "_edge"),
    "a write ends it": ("fetch(url)", "put(four)", "", "_edge"),
    "needs the first": ("fetch(two)", "fetch(four)", "", "_edge"),
    "binds for a closure": ("fetch(url)", "fetch(four)", ", lambda: three", "_binds"),
    "may be unbound": ("fetch(part)", "fetch(four)", "", "_bound_first"),
    "used later": ("fetch(url)", "fetch(four)", ", three", "_outside"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLANNER)
def test_the_validator_alone_refuses_what_the_planner_overlooks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last, more, check_of = IN_PLANNER[name]
    source = BODY.format(first=first, last=last, more=more)
    before = parallelize(source, config=config())
    assert not [b for b in before.blocked if b.kind == "validator"]
    overlook(check_of, monkeypatch)
    after = parallelize(source, config=config())
    assert [b for b in after.blocked if b.kind == "validator"], after.source


def overlook(check_of: str, patch: pytest.MonkeyPatch) -> None:
    links = chain_links.Links
    if check_of == "_edge":
        patch.setattr(links, "_edge", lambda *arguments: False)
    elif check_of == "_bound_first":

        class Blind(Reading):
            def unbound(self, *arguments: Any) -> str:
                return ""

        patch.setattr(chain_links, "Reading", Blind)
    elif check_of == "_outside":
        patch.setattr(links, "_outside", lambda *arguments: Counter[str]())
    else:
        patch.setattr(chain_links, "visible_writes", lambda *arguments: [])
        patch.setattr(
            links, "_binds",
            lambda self, statement: tuple(dict.fromkeys(
                e.symbol for e in statement.events if isinstance(e, chain_links.Define)
            )),
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_a_random_program_with_chains_does_the_same(seed: int) -> None:
    found = check_program(chain_program(seed), parallelize)
    assert found.difference is None, str(found.difference)
    assert not [b for b in found.rewrite.blocked if b.kind == "validator"]
