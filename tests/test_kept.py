"""State that functions keep between calls is named as what it is; ``benign`` takes its writes out.

The declaration that a note prints, pasted, makes the finding appear.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import CONFIG, lint

READS = """
[[tools]]
match = "fetch"
reads = ["web:{0}"]
returns = "fresh"
latency-ms = 100
"""
AGENT = """\
from tools import Desk, lookup


async def page(desk: Desk):
    left = await {call}("left")
    right = await {call}("right")
    return left, right
"""
DESK = """\
class Desk:
    def __init__(self):
        self.cache = {}
        self.calls = 0
        self.log = []
        self.link = None


async def lookup(key):
    return await fetch(key)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG + READS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def note(here: Path, tools: str, call: str = "lookup") -> str:
    """The note for two calls of a function of `tools.py`, or "" if they are found."""
    (here / "tools.py").write_text(tools)
    (here / "agent.py").write_text(AGENT.replace("{call}", call))
    result = lint("--show-blocked", "agent.py")
    assert result.exit_code in (0, 1), result.stderr
    if result.exit_code == 1:
        return ""
    lines = result.stdout.splitlines()
    (found,) = (line for line in lines if ": note: " in line or ": in order: " in line)
    return found


def declared(words: str) -> str:
    """The setting that a note prints, or ""."""
    found = re.search(r"`(benign = \[.*?\])`", words)
    return found.group(1) if found else ""


def paste(here: Path, setting: str) -> None:
    path = here / "pexec.toml"
    path.write_text(f"{setting}\n{path.read_text()}")


CACHES = {
    "not in": """\
_cache = {}


async def lookup(key):
    if key not in _cache:
        _cache[key] = await fetch(key)
    return _cache[key]
""",
    "found first": """\
_cache = {}


async def lookup(key):
    if key in _cache:
        return _cache[key]
    answer = await fetch(key)
    _cache[key] = answer
    return answer
""",
    "get": """\
_cache: dict[str, object] = {}


async def lookup(key):
    known = _cache.get(key)
    if known is None:
        known = _cache[key] = await fetch(key)
    return known
""",
    "walrus": """\
_cache: dict[str, object] = {}


async def lookup(key):
    if (known := _cache.get(key)) is not None:
        return known
    answer = await fetch(key)
    _cache[key] = answer
    return answer
""",
    "tried": """\
_cache = {}


async def lookup(key):
    try:
        return _cache[key]
    except KeyError:
        pass
    _cache[key] = answer = await fetch(key)
    return answer
""",
    "of locks": """\
import asyncio

_cache: dict[str, asyncio.Lock] = {}


async def lookup(key):
    lock = _cache.get(key)
    if lock is None:
        lock = _cache[key] = asyncio.Lock()
    async with lock:
        return await fetch(key)
""",
    "passed on": """\
_cache = {}


async def filled(cache, key):
    if key not in cache:
        cache[key] = await fetch(key)
    return cache[key]


async def lookup(key):
    return await filled(_cache, key)
""",
}
#: A cache that is handed on is only seen to change where it is handed in.
ELSEWHERE = {"passed on"}


@pytest.mark.parametrize("name", CACHES)
def test_caches_of_modules(here: Path, name: str) -> None:
    tools = CACHES[name] + "\n\nclass Desk: ...\n"
    found = note(here, tools)
    if name in ELSEWHERE:
        assert "benign" not in found
        setting = 'benign = ["memory:tools._cache"]'
    else:
        line = next(i for i, text in enumerate(tools.splitlines(), 1) if "_cache[key] =" in text)
        assert f"`tools.lookup` fills the cache `tools._cache` (tools.py:{line})" in found
        setting = declared(found)
        assert setting == 'benign = ["memory:tools._cache"]'
    paste(here, setting)
    assert note(here, tools) == ""


SHAPES = {
    "fills the cache `tools.Desk.cache`": """
    async def get(self, key):
        if key not in self.cache:
            self.cache[key] = await fetch(key)
        return self.cache[key]
""",
    "counts in `tools.Desk.calls`": """
    async def get(self, key):
        self.calls += 1
        return await fetch(key)
""",
    "makes `tools.Desk.link` when it is first needed": """
    async def get(self, key):
        if self.link is None:
            self.link = await fetch("link")
        return await fetch(key)
""",
}


@pytest.mark.parametrize("words", SHAPES)
def test_attributes(here: Path, words: str) -> None:
    tools = DESK.replace("\n\nasync def lookup", SHAPES[words] + "\n\nasync def lookup")
    found = note(here, tools, "desk.get")
    assert f"`tools.Desk.get` {words} (tools.py:" in found
    paste(here, declared(found))
    assert note(here, tools, "desk.get") == ""


def test_an_attribute_of_a_base_class(here: Path) -> None:
    counting = "counts in `tools.Desk.calls`"
    base = DESK.replace("class Desk", "class Base").replace(
        "\n\nasync def lookup",
        SHAPES[counting] + "\n\nclass Desk(Base):\n    pass\n\n\nasync def lookup",
    )
    found = note(here, base, "desk.get")
    assert "counts in `tools.Base.calls`" in found
    paste(here, declared(found))
    assert note(here, base, "desk.get") == ""


def test_several_at_once(here: Path) -> None:
    tools = DESK.replace(
        "\n\nasync def lookup",
        """
    async def get(self, key):
        self.calls += 1
        if key not in self.cache:
            self.cache[key] = await fetch(key)
        return self.cache[key]


async def lookup""",
    )
    found = note(here, tools, "desk.get")
    paste(here, declared(found))
    assert note(here, tools, "desk.get") == ""


OTHERS = {
    "a balance": """
    async def get(self, key):
        if key in self.cache:
            self.cache[key] = self.cache[key] - 1
        await fetch(key)
        return self.cache[key]
""",
    "a number that is handed out": """
    async def get(self, key):
        self.calls += 1
        await fetch(key)
        return self.calls
""",
    "an order": """
    async def get(self, key):
        if key in self.cache:
            raise ValueError(key)
        self.cache[key] = await fetch(key)
""",
    "a log": """
    async def get(self, key):
        self.log.append(key)
        return await fetch(key)
""",
    "the last answer": """
    async def get(self, key):
        self.link = await fetch(key)
        return self.link
""",
    "a greatest one": """
    async def get(self, key):
        answer = await fetch(key)
        if self.link is None:
            self.link = key
        return answer
""",
    "a cache and a log": """
    async def get(self, key):
        self.log.append(key)
        if key not in self.cache:
            self.cache[key] = await fetch(key)
        return self.cache[key]
""",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_state_is_named_without_a_declaration(here: Path, name: str) -> None:
    tools = DESK.replace("\n\nasync def lookup", OTHERS[name] + "\n\nasync def lookup")
    found = note(here, tools, "desk.get")
    assert "`tools.Desk.get` " in found
    assert "`tools.Desk." in found
    assert declared(found) == ""


def test_a_failure_is_put_down_to_the_counter(here: Path) -> None:
    tools = DESK.replace(
        "\n\nasync def lookup", SHAPES["counts in `tools.Desk.calls`"] + "\n\nasync def lookup"
    )
    (here / "tools.py").write_text(tools)
    (here / "agent.py").write_text(
        "from tools import Desk\n\n\nasync def page(desk: Desk):\n"
        "    user = await get_user(7)\n    left = await desk.get(1)\n    return user, left\n"
    )
    result = lint("--show-blocked", "agent.py")
    assert "may fail first: `tools.Desk.get` counts in `tools.Desk.calls`" in result.stdout
    paste(here, declared(result.stdout))
    assert lint("agent.py").exit_code == 1


WRONG = ("memory:tools.cache", "memory:tools.Desk", "memory:Desk.cache", "memory:tools.Desk.calls")


@pytest.mark.parametrize("name", WRONG)
def test_another_name_changes_nothing(here: Path, name: str) -> None:
    tools = DESK.replace(
        "\n\nasync def lookup",
        SHAPES["fills the cache `tools.Desk.cache`"] + "\n\nasync def lookup",
    )
    paste(here, f'benign = ["{name}"]')
    assert note(here, tools, "desk.get") != ""


def test_what_is_rebound_in_the_block_itself_stays_in_order(here: Path) -> None:
    (here / "agent.py").write_text(
        "last = None\n\n\nasync def page():\n    global last\n    last = await get_user(7)\n"
        "    return await get_orders(last)\n"
    )
    paste(here, 'benign = ["memory:agent.last"]')
    assert lint("agent.py").exit_code == 0
