"""What is decided before LibCST is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commands import CONFIG, FLOW, TWO
from pexec.analyzer.config import check
from pexec.analyzer.effects.catalog import builtin_catalog
from pexec.analyzer.engine import analyze
from pexec.analyzer.screen import may_hold_opportunity
from pexec.analyzer.screen_threads import SHIPPED, threaded
from pexec.analyzer.source import SourceError, from_bytes

ROOT = Path(__file__).parent.parent
FOLDERS = ("fixtures/golden", "fixtures/first-contact", "fixtures/demo", "tests/simulation")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

CANDIDATES = {
    "two in one statement": "async def f():\n    return await a(), await b()\n",
    "two in a row": "async def f():\n    await a()\n    await b()\n",
    "one of them deep inside": (
        "async def f():\n    await a()\n    if x:\n        for y in z:\n            await b(y)\n"
    ),
    "top level": "await a()\nawait b()\n",
    "at once already": "async def f():\n    return await gather(*[a(x) for x in y])\n",
    "tasks": "async def f():\n    t = create_task(a())\n    u = create_task(b())\n    await t\n",
    "cannot be parsed": "async def f():\n    await a()\n    await b(\n",
    "once in a loop": "async def f():\n    for x in y:\n        await a(x)\n",
    "once in a comprehension": "async def f():\n    return [await a(x) for x in y if x]\n",
    "once in a condition": "async def f():\n    return {x for x in y if await a(x)}\n",
    "in f-strings": "async def f():\n    x = f'{await a()}'\n    y = f'{await b()}'\n",
}
OTHERS = {
    "one in each function": ("async def f():\n    await a()\n\n\nasync def g():\n    await b()\n"),
    "one in a nested function": (
        "async def f():\n    await a()\n\n    async def g():\n        await b()\n"
    ),
    "one in each branch": (
        "async def f():\n    if x:\n        await a()\n    else:\n        await b()\n"
    ),
    "a gather of one": "async def f():\n    return await gather(a())\n",
    "in comments and strings": "# await\n'await await'\nasync def f():\n    await a()\n",
    "one in a statement, one in a function below it": (
        "async def f():\n    return await a(), [g async for g in h()]\n"
    ),
    "in what a loop goes through": (
        "async def f():\n    for x in await a():\n        pass\n    else:\n        pass\n"
    ),
    "in a function in a loop": (
        "async def f():\n    for x in y:\n        async def g():\n            await a(x)\n"
    ),
}


@pytest.mark.parametrize("source", CANDIDATES.values(), ids=CANDIDATES)
def test_candidates(source: str) -> None:
    assert may_hold_opportunity(source.encode())


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS)
def test_no_candidates(source: str) -> None:
    assert not may_hold_opportunity(source.encode())


def test_no_plan_is_screened_out() -> None:
    """The screen may only leave out files for which the planner has nothing to say."""
    assert len(FILES) > 300
    left_out = 0
    config = check({"min-gain-ms": 0}, "test")
    for path in FILES:
        data = path.read_bytes()
        if may_hold_opportunity(data, threaded(config)):
            continue
        left_out += 1
        try:
            analysis = analyze(from_bytes(data), config)
        except SourceError:
            pytest.fail(f"{path} cannot be parsed and was left out")
        assert not analysis.plans, path
        assert not analysis.planner.loops, path
        assert not analysis.planner.loop_notes, path
        assert analysis.races == ((), ()), path
    assert left_out > 15


LOADED = """\
import sys
from pexec.codemods.cli import {command}
try:
    {command}()
except SystemExit as end:
    code = end.code
print("libcst" in sys.modules, "networkx" in sys.modules, code)
"""


@pytest.mark.parametrize("command", ["lint", "fix", "report"])
def test_heavy_modules_are_loaded_for_candidates_only(tmp_path: Path, command: str) -> None:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    (tmp_path / "a.py").write_text(OTHERS["one in each function"])
    (tmp_path / "b.py").write_text("print('hello')\n")

    def last_line() -> str:
        done = subprocess.run(
            [sys.executable, "-c", LOADED.format(command=command), "--workers=1", str(tmp_path)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.splitlines()[-1]

    assert last_line() == "False False 0"
    (tmp_path / "c.py").write_text(FLOW if command == "lint" else TWO)
    assert last_line().startswith("True ")


BLOCKING = {
    "two tools": "a = Read('a')\nb = Read('b')\n",
    "in a function": "def f():\n    a = Grep('a')\n    if a:\n        x = 1\n    b = Glob('b')\n",
    "of a library": "import requests\n\n\ndef f():\n    requests.get(x)\n    requests.get(y)\n",
    "two in one statement": "x = Read('a'), Read('b')\n",
    "one behind an await": "async def f():\n    await a()\n    return Read('b')\n",
    "one of them in an expression": "print(len(Read('a')))\nx = [Read('b')]\n",
    "in a handler": "try:\n    f()\nexcept E:\n    Read('a')\n    Read('b')\n",
    "in a case": "match x:\n    case 1:\n        Read('a')\n        Read('b')\n",
    "cannot be parsed": "Read('a')\nRead('b'\n",
    "in a loop": "def f(x):\n    for y in x:\n        if y:\n            Read(y)\n",
    "in a comprehension": "x = {Read(y) for y in z}\n",
    "in a condition": "x = [y for y in z if Read(y)]\n",
    "of a function, in a loop": (
        "def f(y):\n    return Read(y)\n\n\nwhile True:\n    print(f(y))\n"
    ),
}
NOT_BLOCKING = {
    "one": "a = Read('a')\n",
    "one in a block, and an await in another": (
        "async def f():\n    if x:\n        await a()\n    return Read('b')\n"
    ),
    "one in each function": "def f():\n    Read('a')\n\n\ndef g():\n    Read('b')\n",
    "one in each branch": "if x:\n    Read('a')\nelse:\n    Read('b')\n",
    "one of two calls in a statement": "x = Read('a'), g('b')\n",
    "in what a loop goes through": "for x in Glob('*'):\n    print(x)\n",
    "in what a comprehension goes through": "x = [y for y in Glob('*')]\n",
    "in a function that a loop defines": ("for x in y:\n\n    def f():\n        Read(x)\n"),
    "of a library that is not there": "def f():\n    requests.get(x)\n    y.get(y)\n".replace(
        "requests", "session"
    ),
}


@pytest.mark.parametrize("source", BLOCKING.values(), ids=BLOCKING)
def test_blocking_candidates(source: str) -> None:
    assert may_hold_opportunity(source.encode(), threaded(check({}, "x")))
    assert not may_hold_opportunity(source.encode(), threaded(check({"ignore": ["PX102"]}, "x")))


@pytest.mark.parametrize("source", NOT_BLOCKING.values(), ids=NOT_BLOCKING)
def test_no_blocking_candidates(source: str) -> None:
    assert not may_hold_opportunity(source.encode(), threaded(check({}, "x")))


def test_declared_calls_are_candidates() -> None:
    source = b"def f():\n    app.load(1)\n    app.load(2)\n"
    tools = [{"match": "app.load", "reads": ["x"], "threads": "safe"}]
    assert not may_hold_opportunity(source, threaded(check({}, "x")))
    assert may_hold_opportunity(source, threaded(check({"tools": tools}, "x")))
    tools[0]["match"] = "app.*"
    assert may_hold_opportunity(source, threaded(check({"tools": tools}, "x")))


def test_the_screen_knows_what_the_vocabularies_say() -> None:
    """The names are written down there, as reading all vocabularies takes longer than screening."""
    found: dict[str, set[str]] = {}
    for entries in builtin_catalog().entries.values():
        for entry in entries:
            if entry.threads:
                library, dot, last = entry.match.partition(".")
                library = {"mypy_boto3_s3": "boto3"}.get(library, library) if dot else ""
                found.setdefault(library, set()).add(last.rpartition(".")[2] or entry.match)
    assert found == SHIPPED
