"""``--show-effects FILE:LINE``: every claim, and the chain to what it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import golden
import pytest
from commands import lint
from pexec.analyzer.chains import Chains
from pexec.analyzer.effects.catalog import builtin_catalog
from pexec.analyzer.engine import Analysis, analyze, module_name
from pexec.analyzer.ir import Call
from pexec.analyzer.project import project_of
from pexec.analyzer.report.effects import Known, effects_at, effects_text
from pexec.analyzer.report.paint import Paint
from pexec.analyzer.source import SourceError, from_bytes

FILES = {
    "shop/__init__.py": "",
    "shop/store.py": """\
import httpx

hits = 0


async def fetch(client: httpx.AsyncClient, path: str) -> dict:
    global hits
    hits += 1
    answer = await client.get(f"https://api.example.com/{path}")
    return answer.json()


async def one(path: str) -> dict:
    async with httpx.AsyncClient() as client:
        return await fetch(client, path)


async def odd(path: str) -> object:
    return await strange(path)
""",
    "shop/tools.py": """\
from .store import odd, one


class Desk:
    def __init__(self, log: list) -> None:
        self.log = log

    async def load(self, uid: str) -> dict:
        self.log.append(uid)
        return await one(f"users/{uid}")

    async def weird(self, uid: str) -> object:
        return await odd(uid)

    async def every(self):
        yield await one("users")

    async def stream(self):
        return [x async for x in self.every()]
""",
    "shop/agent.py": """\
import asyncio

from .tools import Desk


async def main(desk: Desk) -> object:
    a = await desk.load("7")
    b = await desk.weird("8")
    c = await asyncio.wait_for(desk.load("9"), 3)
    d = await desk.stream()
    return a, b, c, d
""",
}
LOAD = "shop/tools.py:8 `shop.tools.Desk.load`"
ONE = "shop/store.py:13 `shop.store.one`"
FETCH = "shop/store.py:6 `shop.store.fetch`"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def claims(text: str) -> dict[str, list[str]]:
    """The printed claims of the first call → their chains."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines()[1:]:
        if not line.startswith(" "):
            break
        if line.startswith("        "):
            found[list(found)[-1]].append(line.strip())
        else:
            found[line.strip()] = []
    return found


def shown(place: str) -> dict[str, list[str]]:
    result = lint("--show-effects", place)
    assert result.exit_code == 0, result.stderr
    return claims(result.stdout)


def test_each_effect_has_its_chain(project: Path) -> None:
    found = shown("shop/agent.py:7")
    get = "shop/store.py:9 `httpx.AsyncClient.get` (catalog httpx.toml)"
    assert found["read http:api.example.com"] == [f"{LOAD} → {ONE} → {FETCH} → {get}"]
    append = "shop/tools.py:9 `builtins.list.append` (catalog builtin-containers.toml)"
    assert found["write `desk.log[…]`"] == [f"{LOAD} → {append}"]
    assert f"{LOAD} → {ONE} → {FETCH} → shop/store.py:8 (binds `hits`)" in found[
        "write `shop.store.hits`"
    ]  # fmt: skip


def test_every_effect_has_a_chain_to_a_cause(project: Path) -> None:
    result = lint("--output-format", "json", "--show-effects", "shop/agent.py:7")
    (call,) = json.loads(result.stdout)
    assert call["callee"] == "shop.tools.Desk.load"
    for effect in call["effects"]:
        assert len(effect["chain"]) >= 2, effect
        assert effect["chain"][0] == {
            "filename": "shop/tools.py", "cell": None, "row": 8, "name": "shop.tools.Desk.load",
            "words": None,
        }  # fmt: skip
        assert effect["chain"][-1]["words"], effect


def test_other_claims_say_where_they_come_from(project: Path) -> None:
    found = shown("shop/agent.py:7")
    way = f"{LOAD} → {ONE} → {FETCH} → shop/store.py:9 `httpx.AsyncClient.get`"
    assert found["waits longest for"] == [f"{way} (200 ms, default for http)"]
    assert found["opens and closes a `httpx.AsyncClient`"] == ["shop/store.py:14"]
    (first,) = found["may raise"]
    assert first.startswith(f"{LOAD} → shop/tools.py:9")
    (assumed,) = (v for k, v in found.items() if k.startswith("assumes: a GET changes nothing"))
    assert assumed == [f"{way} (catalog httpx.toml)"]
    assert any(key.startswith("result: new") for key in found)


def test_what_makes_a_call_unknown_and_what_to_declare(project: Path) -> None:
    found = shown("shop/agent.py:8")
    assert found["everything"] == [
        "shop/tools.py:12 `shop.tools.Desk.weird` → shop/store.py:18 `shop.store.odd` → "
        "shop/store.py:19 `strange` (nothing is known about `strange`)"
    ]
    assert 'match = "strange"' in found["to make it known, declare what it does:"]
    declared = '\n[[tool.pexec.tools]]\nmatch = "strange"\nreads = ["strange:{0}"]\n'
    with (project / "pyproject.toml").open("a") as file:
        file.write(declared)
    assert "everything" not in shown("shop/agent.py:8")


def test_a_function_that_is_not_followed_is_to_be_declared_itself(project: Path) -> None:
    found = shown("shop/agent.py:10")
    (chain,) = found["everything"]
    assert chain.startswith("shop/tools.py:18 `shop.tools.Desk.stream`")
    lines = found["to make it known, declare what it does:"]
    assert lines[1].startswith('match = "shop.tools.Desk.')


def test_what_a_waiting_call_runs(project: Path) -> None:
    found = shown("shop/agent.py:9")
    (chain,) = found["read http:api.example.com"]
    assert chain.startswith(f"shop/agent.py:9 `asyncio.wait_for` → {LOAD} → {ONE}")


def test_a_file_without_two_awaits_is_shown_too(project: Path) -> None:
    result = lint("--show-effects", "shop/store.py:19")
    assert "nothing is known about `strange`" in result.stdout
    (project / "one.py").write_text("async def f(x):\n    return await g(x)\n")
    assert "`g`  awaited" in lint("--show-effects", "one.py:2").stdout


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("shop/agent.py", "takes FILE:LINE, such as agent.py:12, not 'shop/agent.py'"),
        ("shop/agent.py:0", "takes FILE:LINE"),
        ("shop/agent.py:x", "takes FILE:LINE"),
        (":7", "takes FILE:LINE"),
        ("", "takes FILE:LINE"),
        ("shop/missing.py:7", "shop/missing.py: no such file or folder"),
        ("shop:7", "shop is a folder; name a file"),
        ("shop/agent.py:99", "shop/agent.py:99: the file has 11 lines"),
        ("broken.py:1", "broken.py:1:"),
    ],
)
def test_a_wrong_place_is_an_error_that_says_why(project: Path, place: str, words: str) -> None:
    (project / "broken.py").write_text("def (:\n")
    result = lint("--show-effects", place)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_line_without_calls_names_near_ones(project: Path) -> None:
    result = lint("--show-effects", "shop/agent.py:11")
    assert result.exit_code == 0
    assert result.stdout == (
        "shop/agent.py:11: no call on this line; the nearest begin on 8, 9, 10\n"
    )
    result = lint("--output-format", "json", "--show-effects", "shop/agent.py:11")
    assert json.loads(result.stdout) == []
    assert "the nearest begin on" in result.stderr
    (project / "flat.py").write_text("x = 1\n")
    assert "nor on any other" in lint("--show-effects", "flat.py:1").stdout


HANDLES = """\
import asyncio
import contextvars

from shop.db import Connection

user = contextvars.ContextVar("user")
turn = asyncio.Lock()


async def rows(db: Connection, key: str) -> object:
    return await db.fetch_row(key)


async def load(db: Connection, key: str) -> object:
    return await rows(db, key)


async def tagged(name: str) -> object:
    user.set(name)
    return await fetch(name)


async def polite(name: str) -> object:
    async with turn:
        return await fetch(name)


async def main(db: Connection) -> object:
    a = await load(db, "a")
    b = await tagged("b")
    c = await polite("c")
    return a, b, c
"""
CONFIG = """
[[tool.pexec.tools]]
match = "shop.db.Connection.fetch_row"
reads = ["db:{0}"]
concurrency = "exclusive"

[[tool.pexec.tools]]
match = "fetch"
reads = ["web:{0}"]
"""


def test_handles_locks_and_ties_to_the_task_have_chains(project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write(CONFIG)
    (project / "desk.py").write_text(HANDLES)
    found = shown("desk.py:29")
    way = (
        "desk.py:14 `desk.load` → desk.py:10 `desk.rows` → desk.py:11 "
        "`shop.db.Connection.fetch_row` (pyproject.toml: [tool.pexec]: `tools`"
    )
    assert found["uses `db` alone"] == [f"{way})"]
    assert found["read db:a"] == [f"{way})"]
    (tied,) = shown("desk.py:30")["must stay in its task"]
    assert tied.startswith("desk.py:18 `desk.tagged` → desk.py:19 `contextvars.ContextVar.set`")
    assert shown("desk.py:31")["takes `turn`"] == [
        "desk.py:23 `desk.polite` → desk.py:24 (waits for it)"
    ]


def analyses(case: golden.Case) -> Iterator[Analysis]:
    name, package = module_name(Path(case.path.name), case.config.src, case.path.parent)
    sources = (case.config.tools, builtin_catalog())
    project = project_of(case.path.parent, case.config, sources, case.path)
    try:
        source = from_bytes(case.path.read_bytes())
        yield analyze(source, case.config, name=name, is_package=package, project=project)
    except SourceError:
        return


CASES = (*golden.cases("rewrites"), *golden.cases("refusals"))


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_every_line_of_the_golden_cases_can_be_shown(case: golden.Case) -> None:
    for analysis in analyses(case):
        chains = Chains(case.path.name, analysis.inference, str)
        for line in range(1, len(analysis.source.line_starts) + 1):
            for call in effects_at(analysis, line, chains):
                assert effects_text(case.path.name, [call], Paint())
                own = chains.summary(_call(analysis, call)) is not None
                unknown = [c.text for c in call.effects] == ["everything"]
                if own and not unknown and call.effects[0].text != "no effects":
                    assert all(len(c.chain) > 1 and c.chain[-1].words for c in call.effects), call


def _call(analysis: Analysis, known: Known) -> Call:
    (found,) = (c for c in analysis.module.calls.values() if c.span == known.span)
    return found
