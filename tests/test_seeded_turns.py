"""Bugs put into loops whose turns await several calls: the validator alone must refuse them.

Some are put into the output text, as if what emits it were wrong; others into the planner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pexec.analyzer import chain_links, turn_chains
from pexec.analyzer.chain_links import Links
from pexec.analyzer.moved_blocks import Reading
from pexec.codemods.rewrite import parallelize
from test_seeded_loops import body, config, reason

GIVING = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    found: list[object] = []
    for number, url in enumerate(urls):
        page = await fetch(url)
        name = str(page["next"])
        more = await fetch(name)
        print(number, page)
        found.append(more)
    return found
"""
ENDING = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    found: list[object] = []
    for url in urls:
        if url == "x":
            continue
        try:
            page = await fetch(url)
            found.append(await fetch(page["next"]))
        except Exception:
            print(url)
    return found
"""
BOTH = """\
import asyncio


async def crawl(urls: list[str], rows: list[str]) -> list[object]:
    found: list[object] = []
    for url in urls:
        page = await fetch(url)
        found.append(dict(page=page, more=await fetch(page["next"])))
    return found
"""
IN_BOTH = {
    "the other way round": ("page, result = await", "result, page = await"),
    "looked at twice": ("page=page, more=result", "page=result, more=result"),
    "not looked at": ("more=result", "more=page"),
    "looked at later": ("            found.append(",
                        "            print(url)\n            found.append("),
    "gives less": ("return page, await", "return await"),
    "another call": ('await fetch(page["next"])', "await fetch(page)"),
    "not awaited": ('await fetch(page["next"])', 'fetch(page["next"])'),
    "gives something else": ("return page, await", "return url, await"),
    "a name in use": ("result", "rows"),
    "a keyword": ("more=result", "result=result"),
}  # fmt: skip
IN_GIVING = {
    "no cancel": ("        for task in tasks:\n            task.cancel()\n", ""),
    "no drain": ("        await asyncio.gather(*tasks, return_exceptions=True)\n", ""),
    "no limit": ("        async with limit:\n", "        if limit:\n"),
    "limit around a part": ("        async with limit:\n            page = await fetch(url)\n",
                            "        page = await fetch(url)\n        async with limit:\n"),
    "wider than allowed": ("Semaphore(8)", "Semaphore(80)"),
    "late binding": ("(url):", "():"),
    "other parameter": ("load_more(url)) for", "load_more(number)) for"),
    "a statement left out": ('            name = str(page["next"])\n', ""),
    "another statement": ('page["next"]', 'page["last"]'),
    "statements change places": ("            return page, more\n",
                                 "            return more, page\n"),
    "bound the other way round": ("page, more = await task", "more, page = await task"),
    "not bound": ("page, more = await task", "await task"),
    "gives less": ("return page, more", "return more"),
    "gives more": ("return page, more", "return page, more, name"),
    "gives nothing": ("            return page, more\n", ""),
    "gives what it does not bind": ("return page, more", "return page, rows"),
    "awaited later": ("            page, more = await task\n            print(number, page)",
                      "            print(number, page)\n            page, more = await task"),
    "awaited twice": ("print(number, page)", "print(number, await task)"),
    "prints in the function": ("            return page", "            print(url)\n"
                               "            return page"),
    "another name": ("page = await fetch(url)", "pages = await fetch(url)"),
    "goes through something else": ("zip(enumerate(urls), tasks)", "zip(enumerate(rows), tasks)"),
}  # fmt: skip
IN_ENDING = {
    "another call": ('return await fetch(page["next"])', "return await fetch(page)"),
    "not awaited": ("return await fetch(", "return fetch("),
    "a statement left out": ("            page = await fetch(url)\n", ""),
    "outside of the try": ("                found.append(await task)", "                pass"),
    "no try": ("            except Exception:\n                print(url)\n",
               "            finally:\n                print(url)\n"),
    "no condition": (' if url != "x"]', "]"),
    "something else is appended": ("found.append(await task)", "found.append(url)"),
    "appended elsewhere": ("found.append(await task)", "rows.append(await task)"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_GIVING)
def test_wrong_text_of_a_turn_that_gives_is_refused(name: str) -> None:
    assert reason(GIVING, *IN_GIVING[name]) != ""


@pytest.mark.parametrize("name", IN_ENDING)
def test_wrong_text_of_a_turn_that_ends_in_place_is_refused(name: str) -> None:
    assert reason(ENDING, *IN_ENDING[name]) != ""


class Blind(Reading):
    """Finds every name bound."""

    def unbound(self, *args: object, **keywords: object) -> str:
        return ""


@pytest.mark.parametrize("name", IN_BOTH)
def test_wrong_text_of_a_turn_that_gives_a_result_too_is_refused(name: str) -> None:
    assert reason(BOTH, *IN_BOTH[name]) != ""


NOTHING: Callable[..., None] = lambda *args, **keywords: None  # noqa: E731
Bug = tuple[Any, str, Any, str]
TWO = ("page = await fetch(url)", "more = await fetch(page)")
PLANNER: dict[str, Bug] = {
    "dependence": (turn_chains.TurnChains, "_dependent", NOTHING,
                   body("page = await fetch(state)", "state = await fetch(page)", "state.n = url",
                        before="    state = rows\n")),
    "a value that is carried": (chain_links, "Reading", Blind,
                                body("page = await fetch(more)", "more = await fetch(page)",
                                     "found.append(page)", before="    more = None\n")),
    "fills what is looked at": (turn_chains.TurnChains, "_dependent", NOTHING,
                                body("page = await fetch(rows[0])", "more = await fetch(page)",
                                     "rows[0] = url")),
    "grows": (turn_chains.TurnChains, "_dependent", NOTHING, body(*TWO, "urls.append(url)")),
    "exits": (turn_chains.TurnChains, "_leaves", NOTHING, body(*TWO, "if more:", "    break")),
    "skips": (turn_chains.TurnChains, "_leaves", NOTHING,
              body("print(url)", "if len(url):", "    continue", *TWO)),
    "writes": (turn_chains.TurnChains, "_held", NOTHING,
               body("page = await fetch(url)", "more = await put(page)")),
    "binds its variable": (turn_chains.TurnChains, "_binds_again", NOTHING,
                           body("page = await fetch(rows)", "url = str(page)",
                                "more = await fetch(url)", "print(url, more)")),
    "what turns change": (turn_chains, "asked_ahead", NOTHING,
                          body("if len(found) > 1:", "    continue", *TWO, "found.append(more)")),
    "what a turn binds": (turn_chains, "asked_ahead", NOTHING,
                          body("if more == url:", "    continue", *TWO, before="    more = ''\n")),
    "what is made elsewhere": (turn_chains, "made_within",
                               lambda events, does, inference: frozenset(
                                   e.place.symbol for e in events if hasattr(e, "place")),
                               body("page = await fetch(rows[0])", "more = await fetch(page)",
                                    "rows[0] = url", over="sorted(urls)")),
    "what others see": (Links, "_outside",
                        lambda self, i, binds, own: dict.fromkeys(binds, 0),
                        body(*TWO, "print(page, more)")),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANNER)
def test_the_validator_alone_refuses_the_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, bug, source = PLANNER[name]
    right = parallelize(source, config=config())
    monkeypatch.setattr(owner, attribute, bug)
    found = parallelize(source, config=config())
    assert found.source in (source, right.source)
    assert [b.kind for b in found.blocked if b.kind == "validator"], found.source


def test_a_statement_that_is_seen_does_not_move(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(self: Links, i: int) -> object:
        monkeypatch.setattr("pexec.analyzer.chain_links.visible_writes", lambda *args: [])
        monkeypatch.setattr("pexec.analyzer.chain_links.acts", lambda *args: False)
        monkeypatch.setattr(turn_chains.TurnChains, "_dependent", NOTHING)
        return original(self, i)

    original = Links._made  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(Links, "_made", made)
    for between in ("print(page)", "rows.append(page)"):
        source = body("page = await fetch(url)", between, "more = await fetch(page['n'])")
        assert [b.kind for b in parallelize(source, config=config()).blocked if
                b.kind == "validator"]  # fmt: skip
