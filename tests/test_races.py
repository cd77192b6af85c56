"""PX201 to PX203: golden cases, each with a twin that is none, and what is done with findings."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import golden
import pytest
from commands import CONFIG, fix, lint, objects, put
from pexec.analyzer.config import check
from pexec.analyzer.engine import Analyzed, Skipped, analyze_bytes
from pexec.codemods.rewrite import rewrite

CASES = golden.cases("races")


def _found(case: golden.Case, data: bytes | None = None) -> Analyzed | None:
    result = golden.run(case, data)
    if isinstance(result, Skipped):
        return None
    assert isinstance(result, Analyzed), result
    return result


def _text(result: Analyzed | None) -> str:
    if result is None:
        return "skipped\n"
    races = [f"{r.span.line}: {r.code}: {r.message}\n" for r in result.races]
    notes = [f"{b.span.line}: note {b.code}: {b.name}: {b.kind}: {b.words}\n"
             for b in result.blocked if b.code.startswith("PX2")]  # fmt: skip
    return "".join([*races, *notes])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_case(case: golden.Case, regenerate: bool) -> None:
    """The findings of the header, with their words, and the notes."""
    result = _found(case)
    text = _text(result)
    expected = case.path.with_suffix(".found")
    if regenerate:
        expected.write_text(text, encoding="utf-8", newline="\n")
    codes = {r.code for r in result.races} if result is not None else set()
    assert codes == set(case.headers["found"].split(", ")) - {"none"}, text
    assert text == expected.read_bytes().decode()
    assert re.search(r"\w{3}", case.headers["why"])


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.headers["found"] != "none"], ids=lambda c: c.name
)
def test_suppressed(case: golden.Case) -> None:
    """A comment behind the first line of a group silences what is said of it, and is in use."""
    result = _found(case)
    assert result is not None
    lines = case.path.read_text(encoding="utf-8").split("\n")
    for line, code in sorted({(r.span.line, r.code) for r in result.races}, reverse=True):
        lines[line - 1] += f"  # pexec: ignore[{code}]"
    again = _found(case, "\n".join(lines).encode())
    assert again is not None
    assert again.races == ()
    assert again.unused == ()


def test_what_is_not_selected_is_not_looked_for() -> None:
    case = next(c for c in CASES if c.name == "unbounded")
    config = replace(case.config, select=case.config.select - {"PX203"})
    result = _found(replace(case, config=config))
    assert result is not None
    assert result.races == ()
    assert result.blocked == ()


def test_every_code_has_findings_and_twins() -> None:
    found = [case.headers["found"] for case in CASES]
    assert {"PX201", "PX202", "PX203"} <= set(found)
    assert found.count("none") >= len(found) / 2


def test_nothing_is_fixed() -> None:
    for case in CASES:
        if case.headers["found"] != "none":
            assert golden.fixed_bytes(golden.run(case)) is None, case.name


# -- what is said, run -------------------------------------------------------------------------


class World:
    """Tools that answer with a number of their own, after as many turns of the loop as told."""

    def __init__(self, turns: Sequence[int]) -> None:
        self.turns = list(turns)
        self.calls = 0

    async def __call__(self, *args: object, **kwargs: object) -> int:
        mine, self.calls = self.calls, self.calls + 1
        for _ in range(self.turns[mine % len(self.turns)]):
            await asyncio.sleep(0)
        return 10**mine


def outcome(case: golden.Case, turns: Sequence[int]) -> str:
    """What a run returns and leaves behind, with such latencies."""
    world = World(turns)
    names: dict[str, Any] = dict.fromkeys(("load", "get_user", "get_rate", "save"), world)
    exec(compile(case.path.read_bytes(), case.name, "exec"), names)
    cls, _, method = case.headers["run"].partition(".")

    async def main() -> str:
        made = names[cls]()
        result = await getattr(made, method)()
        plain = {k: v for k, v in vars(made).items() if not hasattr(v, "locked") and k != "ready"}
        plain = {k: dict(sorted(v.items())) if isinstance(v, dict) else v for k, v in plain.items()}
        return f"{result} {plain}"

    return asyncio.run(main())


@pytest.mark.parametrize("case", [c for c in CASES if "run" in c.headers], ids=lambda c: c.name)
def test_latencies_decide_in_races_only(case: golden.Case) -> None:
    """A race ends in more than one way, or not as the members one after the other; a twin never."""
    found = {outcome(case, turns) for turns in ((1, 1), (1, 5), (5, 1), (2, 3), (3, 2))}
    assert (len(found) > 1 or _torn(found)) == (case.headers["found"] != "none"), found


def _torn(found: set[str]) -> bool:
    """Did one see what the other one had put there?"""
    return any(text.startswith("[['b'") for text in found)


# -- the commands ------------------------------------------------------------------------------

RACE = """\
import asyncio

total = 0


async def count(uid):
    global total
    total += await get_user(uid)


async def main():
    await asyncio.gather(count(1), count(2))
"""
WORDS = (
    "agent.py:12:5: PX201 calls of `agent.count` run at once and get into each other's way: "
    "`total` is read and set in line 8, with an await between; what the other one sets meanwhile "
    "is overwritten"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pexec.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    put(tmp_path, agent=RACE)
    return tmp_path


@pytest.mark.parametrize("form", ["text", "concise"])
def test_a_line_in_text(here: Path, form: str) -> None:
    result = lint("--output-format", form, ".")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == WORDS


def test_json(here: Path) -> None:
    (item,) = objects(lint("--output-format", "json", "."))
    assert (item["code"], item["name"]) == ("PX201", "conflicting-batch")
    assert (item["fix"], item["applicability"]) == (None, "display-only")
    assert item["calls"] == []
    assert item["location"] == {"row": 12, "column": 5}


def test_formats_for_services(here: Path) -> None:
    github = lint("--output-format", "github", ".").stdout
    assert "title=pexec (PX201),file=agent.py,line=12,col=5" in github
    (issue,) = json.loads(lint("--output-format", "gitlab", ".").stdout)
    assert issue["check_name"] == "PX201"
    sarif = json.loads(lint("--output-format", "sarif", ".").stdout)
    (found,) = sarif["runs"][0]["results"]
    assert found["ruleId"] == "PX201"
    assert "fixes" not in found


def test_statistics_and_selection(here: Path) -> None:
    assert lint("--statistics", ".").stdout.startswith("1  PX201  [ ]  conflicting-batch\n")
    assert lint("--select", "PX2", ".").exit_code == 1
    assert lint("--select", "PX1", ".").exit_code == 0
    assert lint("--ignore", "PX201", ".").exit_code == 0


def test_notes_say_what_runs_beside_what(here: Path) -> None:
    put(here, agent=RACE.replace("total += await get_user(uid)", "user = await get_user(uid)\n"
                                 "    total += user"))  # fmt: skip
    result = lint("--show-blocked", ".")
    assert result.exit_code == 0
    assert "note: `agent.count`: it runs beside `agent.count`, and both change" in result.stdout


def test_nothing_is_fixed_and_all_is_left(here: Path) -> None:
    result = fix(".")
    assert (here / "agent.py").read_text() == RACE
    assert WORDS in result.stdout
    assert "1 finding" in result.stdout.splitlines()[-1]
    assert fix("--check", ".").exit_code == 0


def test_a_callee_of_another_file_that_begins_to_write(here: Path) -> None:
    put(here, agent="import asyncio\n\nimport store\n\n\nasync def main(one, two):\n"
        "    await asyncio.gather(store.visit(one), store.visit(two))\n")  # fmt: skip
    body = "async def visit(uid):\n    user = await get_user(uid)\n"
    put(here, store=f"last = None\n\n\n{body}    return user\n")
    assert lint(".").exit_code == 0
    put(here, store=f"last = None\n\n\n{body}    global last\n    last = user\n    return user\n")
    result = lint(".")
    assert result.exit_code == 1
    assert "both set `store.last` to what they waited for (line 7 of `store`)" in result.stdout


def test_baseline_and_comments(here: Path) -> None:
    assert lint("--write-baseline", "known.json", ".").exit_code == 0
    assert lint("--baseline", "known.json", ".").exit_code == 0
    put(here, agent=f"\n\n{RACE}")
    assert lint("--baseline", "known.json", ".").exit_code == 0
    assert lint("--add-ignore", ".").exit_code == 0
    assert "# pexec: ignore[PX201]\n" in (here / "agent.py").read_text()
    result = lint(".")
    assert result.exit_code == 0
    assert "1 silenced" in result.stdout


# -- notebooks ---------------------------------------------------------------------------------

COUNTED = """\
import asyncio
n = 0
async def add():
    global n
    old = n
    await asyncio.sleep(1)
    n = old + 1"""
NAMES = "a = add()\nb = add()\nawait asyncio.gather(a, b)"
LISTED = "jobs = [add()]\njobs.append(add())\n# both\nawait asyncio.gather(*jobs)"
#: Cells behind the first one → where a race is found, and the names of which it is not known.
CELLS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "names": ([NAMES], ["2:3"], []),
    "names-of-another-cell": (["a = add()\nb = add()", "await asyncio.gather(a, b)"], ["3:1"], []),
    "task-group": (["async with asyncio.TaskGroup() as g:\n    g.create_task(add())\n"
                    "    g.create_task(add())"], ["2:2"], []),
    "list": ([LISTED], ["2:4"], []),
    "comprehension": (["await asyncio.gather(*[add() for _ in range(3)])"], ["2:1"], []),
    "named-comprehension": (["x = [add() for _ in range(3)]\nawait asyncio.gather(*x)"],
                            ["2:2"], []),
    "bound-by-two-cells": ([NAMES, "a = 1"], [], ["a"]),
    "bound-by-a-function": ([NAMES, "def f():\n    global b\n    b = 1"], [], ["b"]),
    "bound-by-a-magic": ([NAMES, "%time a = 1"], [], ["a"]),
    "list-of-another-cell": (["jobs = [add(), add()]", "await asyncio.gather(*jobs)"],
                             [], ["jobs"]),
    "list-that-another-cell-changes": ([LISTED, "jobs.clear()"], [], ["jobs"]),
    "list-that-a-function-changes": ([LISTED, "def f():\n    jobs.clear()"], [], ["jobs"]),
    "no-coroutine": (["a = 3\nawait asyncio.gather(a, add())", "a = 4"], [], []),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "at", "unsure"), CELLS.values(), ids=CELLS.keys())
def test_top_level_of_a_notebook(
    cells: list[str], at: list[str], unsure: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What a name holds is known where nothing else in the notebook binds or changes it."""
    monkeypatch.chdir(tmp_path)  # a project of its own
    code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    made = [{**code, "id": f"c{i}", "source": text} for i, text in enumerate([COUNTED, *cells])]
    data = json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    result = analyze_bytes(data.encode(), "n.ipynb", check({}, "pexec.toml"), rewrite)
    assert isinstance(result, Analyzed), result
    assert [f"{r.span.cell}:{r.span.line}" for r in result.races] == at
    assert {r.code for r in result.races} <= {"PX201"}
    notes = [b for b in result.blocked if b.code == "PX201"]
    assert [b.name for b in notes] == unsure
    assert all("bound more than once in the notebook" in b.words for b in notes)
