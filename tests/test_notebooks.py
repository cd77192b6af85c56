"""Notebooks: what is rewritten and what stays, run cell by cell, and the file byte for byte."""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path

import golden
import notebooks
import pytest
from commands import CONFIG, call, fix, lint, objects, report
from notebooks import World, code_cells, fixed_bytes, run_pexec, session
from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import Analysis, Analyzed, Failed, Result, Skipped, analyze_bytes
from pexec.analyzer.notebooks import read
from pexec.analyzer.report.diff import unified_cell
from pexec.analyzer.validate import refusal
from pexec.codemods.cli import fix_command
from pexec.codemods.rewrite import rewrite

REWRITES = notebooks.notebooks("rewrites")
REFUSALS = notebooks.notebooks("refusals")
TWO = "user = await get_user(1)\norders = await get_orders(1)\ndone = True"


def by_name(path: Path) -> str:
    return path.stem


# -- golden notebooks --------------------------------------------------------------------------


@pytest.mark.parametrize("path", REWRITES, ids=by_name)
def test_rewrite(path: Path, regenerate: bool) -> None:
    data = path.read_bytes()
    result = run_pexec(path)
    assert isinstance(result, Analyzed), result
    assert not [b for b in result.blocked if b.kind == "validator"]
    fixed = fixed_bytes(result)
    assert fixed is not None, [b.words for b in result.blocked]
    assert {f.form for f in result.findings} == {"ordered"}
    assert result.source.notebook is not None
    assert result.fixed is not None
    diff = "".join(
        unified_cell(f"{path.name}:cell {cell.number}", cell.text, new)
        for cell, new in result.source.notebook.changed(result.fixed)
    )
    expected = path.with_suffix(".expected")
    if regenerate:
        expected.write_bytes(fixed)
        path.with_suffix(".diff").write_text(diff, encoding="utf-8", newline="\n")
    assert fixed == expected.read_bytes()
    assert diff == path.with_suffix(".diff").read_bytes().decode()
    again = run_pexec(path, fixed)
    assert isinstance(again, Skipped) or (not again.findings and again.fixed is None)
    before, after = json.loads(data), json.loads(fixed)
    for old, new in zip(before.pop("cells"), after.pop("cells"), strict=True):
        assert list(old) == list(new)
        assert {**old, "source": ""} == {**new, "source": ""}
    assert before == after


@pytest.mark.parametrize("path", REFUSALS, ids=by_name)
def test_refusal(path: Path, regenerate: bool) -> None:
    result = run_pexec(path)
    text = ""
    if isinstance(result, Analyzed):
        assert not result.findings
        assert result.fixed is None
        text = "".join(f"{b.span.place}: {b.kind}: {b.words}\n" for b in result.blocked)
    notes = path.with_suffix(".notes")
    if regenerate:
        notes.write_text(text, encoding="utf-8", newline="\n")
    assert text == notes.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", REWRITES, ids=by_name)
def test_sessions_are_the_same(path: Path) -> None:
    """Any order of cells, any calls that fail: same output, values, errors, names and writes."""
    before = code_cells(path.read_bytes())
    after = code_cells(path.with_suffix(".expected").read_bytes())
    faster = False
    for order in notebooks.orders(len(before)):
        for fails, slow in notebooks.worlds():
            one, two = World(fails, slow), World(fails, slow)
            old, new = session(before, order, one), session(after, order, two)
            assert new.cells == old.cells, (order, fails, slow)
            assert new.names == {**new.names, **old.names}, (order, fails, slow)
            assert set(new.names) - set(old.names) <= {"asyncio"}, (order, fails)
            assert (new.writes, new.left) == (old.writes, 0), (order, fails, slow)
            faster = faster or two.most > one.most
    assert faster, "no calls have run at once"


# -- golden files, cut into cells ---------------------------------------------------------------


def in_cells(text: str) -> list[str]:
    """A file's text with each statement of its top level in a cell, imports together."""
    body = ast.parse(text).body
    lines = text.splitlines(keepends=True)
    first = [min(s.lineno, *(d.lineno for d in getattr(s, "decorator_list", [])), s.lineno)
             for s in body]  # fmt: skip
    ends = [*(line - 1 for line in first[1:]), len(lines)]
    cells: list[str] = []
    imports = False
    for statement, start, end in zip(body, first, ends, strict=True):
        part = "".join(lines[start - 1 : end]).rstrip("\n")
        also = isinstance(statement, (ast.Import, ast.ImportFrom))
        if also and imports:
            cells[-1] += f"\n{part}"
        else:
            cells.append(part)
        imports = also
    return cells


SOME = [c for kind in ("rewrites", "refusals") for c in golden.cases(kind)][::9]


@pytest.mark.parametrize("case", SOME, ids=[c.name for c in SOME])
def test_golden_file_in_cells(case: golden.Case) -> None:
    """What is refused stays refused; no rewrite is one that the validator has to refuse."""
    text = case.path.read_text(encoding="utf-8-sig")
    try:
        data = notebook(*in_cells(text)).encode()
    except SyntaxError:
        pytest.skip("no Python of this version")
    name = f"{case.name}.ipynb"

    def run(data: bytes) -> Result:
        return analyze_bytes(data, name, case.config, rewrite, unsafe=case.unsafe,
                             root=case.path.parent)  # fmt: skip

    result = run(data)
    assert not isinstance(result, Failed), result
    if not isinstance(result, Analyzed):
        return
    assert not [b for b in result.blocked if b.kind == "validator"]
    if result.fixed is not None:
        assert case.path.parent.name == "rewrites"
        again = run(result.source.encode(result.fixed))
        assert not isinstance(again, Failed)
        assert not isinstance(again, Analyzed) or again.fixed is None


# -- the file ----------------------------------------------------------------------------------


def notebook(*cells: str, **more: object) -> str:
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
             "source": cell.splitlines(keepends=True)} for cell in cells]  # fmt: skip
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4} | more,
                      indent=1)  # fmt: skip


def put(folder: Path, text: str, name: str = "agent.ipynb") -> Path:
    (folder / "pexec.toml").write_text(CONFIG)
    path = folder / name
    path.write_text(text, newline="")
    return path


IMPORT = "from sdk import get_orders, get_user"
DECLARED = CONFIG.replace('"get_', '"sdk.get_')


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    path = put(tmp_path, notebook(IMPORT, TWO))
    (tmp_path / "pexec.toml").write_text(DECLARED)
    return path


def test_only_source_values_change(agent: Path) -> None:
    before = agent.read_text()
    assert fix(str(agent)).exit_code == 0
    after = agent.read_text()
    start = before.index('    "user = await')
    assert after.startswith(before[:start])
    assert after.endswith(before[before.index('    "done = True"') :])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a notebook: not valid JSON"),
        ("[]", "not a notebook: it has no `nbformat`"),
        ('{"nbformat": 3, "worksheets": []}', "format 3, and only format 4 is read"),
        (notebook("x = (1,", "await a()\nawait b()"), "cell 1:1:5: cannot parse"),
        (notebook("ok = 1", "await a()\nawait b() b"), "cell 2:2:11: cannot parse"),
        (notebook("await a()  # pexec: ignroe\nawait b()"), "cell 1:1:"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "cell 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    path = put(tmp_path, text.replace('"nbformat_minor"', '"await": "await", "nbformat_minor"')
               if "cells" in text else text + "")  # fmt: skip
    result = run_pexec(path)
    assert isinstance(result, Failed)
    place = f"cell {result.cell}:{result.line}:{result.column}: " if result.cell else ""
    assert words in f"{place}{result.message}"
    assert path.read_text() == path.read_text()


@pytest.mark.parametrize(
    "metadata",
    [
        {"language_info": {"name": "julia"}},
        {"kernelspec": {"language": "R"}},
    ],
)
def test_another_language_is_skipped(tmp_path: Path, metadata: object) -> None:
    path = put(tmp_path, notebook(TWO, metadata=metadata))
    assert isinstance(run_pexec(path), Skipped)


def test_lines_are_those_of_cells(agent: Path) -> None:
    result = lint("--output-format", "concise", str(agent))
    assert f"{agent}:cell 2:1:8: PX101" in result.stdout
    found = objects(lint("--output-format", "json", str(agent)))[0]
    assert (found["cell"], found["location"]["row"], found["end_location"]["row"]) == (2, 1, 1)
    edits = found["fix"]["edits"]
    assert [e["location"]["row"] for e in edits] == [1, 1]
    assert edits[0]["content"] == "import asyncio\n\n"


def test_machines_get_the_line_of_the_file(agent: Path) -> None:
    line = 1 + agent.read_text().splitlines().index('    "user = await get_user(1)\\n",')
    assert f",line={line},endLine={line}::" in lint("--output-format", "github", str(agent)).stdout
    sarif = json.loads(lint("--output-format", "sarif", str(agent)).stdout)
    found = sarif["runs"][0]["results"][0]
    assert found["locations"][0]["physicalLocation"]["region"] == {
        "startLine": line,
        "endLine": line,
    }
    assert "fixes" not in found
    gitlab = json.loads(lint("--output-format", "gitlab", str(agent)).stdout)
    assert gitlab[0]["location"]["lines"] == {"begin": line}


def test_diff_is_by_cell(agent: Path) -> None:
    result = fix("--diff", str(agent))
    assert result.exit_code == 1
    assert f"--- {agent}:cell 2\n+++ {agent}:cell 2\n@@ -1,3 +1,10 @@\n" in result.stdout


def test_filter(agent: Path) -> None:
    data = agent.read_bytes()
    done = fix("-", "--stdin-filename", str(agent), stdin=data)
    assert done.exit_code == 0
    assert fix(str(agent)).exit_code == 0
    assert done.stdout_bytes == agent.read_bytes() != data
    same = call(fix_command, "-", "--stdin-filename", str(agent), stdin=done.stdout_bytes)
    assert same.stdout_bytes == done.stdout_bytes


def test_folders_hold_notebooks(agent: Path) -> None:
    hidden = agent.parent / ".ipynb_checkpoints"
    hidden.mkdir()
    (hidden / "agent-checkpoint.ipynb").write_bytes(agent.read_bytes())
    result = lint(str(agent.parent), "--output-format", "concise")
    assert "Checked 1 file" in result.stdout
    assert "1 finding" in result.stdout
    chosen = lint(str(agent.parent), "--select", "PX103")
    assert "no findings" in chosen.stdout or "nothing to run" in chosen.stdout


def test_baseline(agent: Path) -> None:
    known = agent.parent / "known.json"
    assert lint(str(agent), "--write-baseline", str(known)).exit_code == 0
    assert lint(str(agent), "--baseline", str(known)).exit_code == 0
    agent.write_text(notebook("import json", IMPORT, "# moved\n\n" + TWO))
    assert lint(str(agent), "--baseline", str(known)).exit_code == 0


def test_add_ignore(agent: Path) -> None:
    assert lint(str(agent), "--add-ignore").exit_code == 0
    assert "await get_user(1)  # pexec: ignore[PX101]" in agent.read_text()
    assert lint(str(agent)).exit_code == 0


def test_unused_suppression(agent: Path) -> None:
    agent.write_text(notebook(IMPORT, "user = await get_user(1)  # pexec: ignore[PX101]\nx = 1"))
    result = lint(str(agent), "--output-format", "concise")
    assert ":cell 2:1:27" in result.stdout or ":cell 2:1:" in lint(str(agent)).stdout
    assert fix(str(agent)).exit_code == 0
    assert "pexec: ignore" not in agent.read_text()


def test_show_effects(agent: Path) -> None:
    result = lint("--show-effects", f"{agent}:cell 2:2")
    assert f"{agent}:cell 2:2:16: `sdk.get_orders`" in result.stdout
    assert "read orders:1" in result.stdout
    nothing = lint("--show-effects", f"{agent}:cell 2:3")
    assert "no call on this line; the nearest begin on 1, 2" in nothing.stdout
    refused = lint("--show-effects", f"{agent}:2")
    assert refused.exit_code == 2
    assert f'such as "{agent}:cell 3:2"' in refused.stderr


def test_report_names_cells(agent: Path) -> None:
    inside = TWO.replace("\n", "\n    ")
    agent.write_text(notebook(IMPORT, f"async def f():\n    {inside}", TWO))
    assert "f:cell 2:1" in report(str(agent)).stdout


def test_notes_name_cells_and_magics(agent: Path) -> None:
    agent.write_text(notebook(IMPORT, TWO.replace("\norders", "\n!date\norders")))
    result = lint("--show-blocked", str(agent))
    assert "cell 2:3:1: note:" in result.stdout
    assert "line 2: nothing is known about `!date`" in result.stdout
    assert "match =" not in result.stdout  # a magic is nothing to declare


def test_declaration_names_the_cell(agent: Path) -> None:
    agent.write_text(notebook("import sdk", "x = 1\nuser = await sdk.get_user(1)\n"
                              "other = await sdk.other(1)\ny = 1"))  # fmt: skip
    assert f"{agent}:cell 2:3: `sdk.other`" in lint(str(agent)).stdout


def test_module_of_the_same_name_is_another_one(agent: Path) -> None:
    """`agent.py` beside `agent.ipynb` defines nothing that the notebook means."""
    agent.with_suffix(".py").write_text("async def get_user(x):\n    return x\n")
    result = lint("--output-format", "concise", str(agent))
    assert f"{agent}:cell 2:1:8: PX101" in result.stdout


def test_positions_with_odd_line_ends(tmp_path: Path) -> None:
    raw = notebook("a = 1\r\nb = 2", "x = 1\ry = 2", "z")
    found = read(raw)
    assert found is not None
    text, book = found
    last = next(n for n, line in enumerate(text.splitlines(), 1) if line == "z")
    assert book.place(last) == (3, 1)
    assert book.written(text) == raw


MAGICS = [
    "%pip install x", "!ls", "!!ls", "x = !ls -l | head", "x = %sql select 1", "?len", "len?",
    "len??", "%timeit?", "if x:\n    %cd ..\n    !ls", "a, b = !ls", "!ls \\\n  -l\nx = 1",
    ",print a b", ";print a b", "/print 1", "%%time\nx = 1", "\n%%bash\nls", "%time x = (1,\n",
    's = """\n%not a magic\n"""\n!ls', "x = (1\n % 2)\n!ls", "# !no\n!ls  # yes",
    "for f in fs:\n    !cat {f}\n    print(f)",
]  # fmt: skip


@pytest.mark.parametrize("text", MAGICS)
def test_magics_come_back(text: str) -> None:
    raw = notebook("import x", text, "y = 1") if text != "%time x = (1,\n" else notebook("y = 1")
    found = read(raw)
    assert found is not None
    whole, book = found
    assert book.written(whole) == raw
    assert book.written(whole.replace("y = 1", "y = 2")) == raw.replace("y = 1", "y = 2")
    if text.startswith("s ="):
        assert "%not a magic" in whole


def test_what_a_magic_runs_may_replace_methods(agent: Path) -> None:
    cells = ["import httpx\nclient = httpx.AsyncClient()",
             'a = await client.get("https://a.example.com")\n'
             'b = await client.get("https://b.example.com")\nc = 1']  # fmt: skip
    agent.write_text(notebook(*cells))
    assert lint(str(agent)).exit_code == 1
    for patch in ("%%time\nhttpx.AsyncClient.get = other", "%time client.get = other",
                  "%%capture\nsetattr(client, 'get', other)"):  # fmt: skip
        agent.write_text(notebook(*cells, patch))
        assert lint(str(agent)).exit_code == 0, patch


def test_functions_of_a_notebook_on_another_loop_stay(agent: Path) -> None:
    inside = TWO.replace("\n", "\n    ")
    cells = [IMPORT, f"async def f():\n    {inside}"]
    agent.write_text(notebook(*cells))
    assert lint(str(agent)).exit_code == 1
    agent.write_text(notebook("%autoawait trio", *cells))
    assert lint(str(agent)).exit_code == 0


def test_the_validator_sees_cells_apart(agent: Path) -> None:
    """An import of another cell is none for the batch of this one, and no cell may change."""
    seen: list[bool] = []

    def look(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
        done = rewrite(analysis, config, filename, unsafe)
        text = done.fixed or ""
        elsewhere = "import asyncio\n" + text.replace("import asyncio\n\n", "", 1)
        without = text.replace("done = True\n", "", 1)
        shown = text.replace("done = True\n", "", 1).replace("done = True", "")
        joined = text.replace("\npexec_cell_0\n", "\n", 1)
        texts = (text, elsewhere, without, shown, joined)
        seen.extend(bool(refusal(analysis, t, config)) for t in texts)
        return done

    config = check(tomllib.loads(DECLARED), "pexec.toml")
    analyze_bytes(agent.read_bytes(), agent.name, config, look, root=agent.parent)
    assert seen == [False, True, True, True, True]


def test_the_validator_knows_what_is_shown(agent: Path) -> None:
    """The last expression of a cell is no part of a batch, whatever the planner says."""
    agent.write_text(notebook(IMPORT, "user = await get_user(1)\nawait get_orders(1)"))
    crossed = """\
import asyncio

orders_task = asyncio.ensure_future(get_orders(1))
try:
    user = await get_user(1)
    await orders_task
finally:
    orders_task.cancel()
    await asyncio.gather(orders_task, return_exceptions=True)
"""
    seen: list[str] = []

    def look(analysis: Analysis, config: Config, filename: str, unsafe: bool) -> Analyzed:
        old = "user = await get_user(1)\nawait get_orders(1)\n"
        seen.append(refusal(analysis, analysis.source.text.replace(old, crossed), config))
        return rewrite(analysis, config, filename, unsafe)

    config = check(tomllib.loads(DECLARED), "pexec.toml")
    analyze_bytes(agent.read_bytes(), agent.name, config, look, root=agent.parent)
    assert seen[0]


def test_hooks_take_notebooks() -> None:
    hooks = (Path(__file__).parent.parent / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert hooks.count("types_or: [python, jupyter]") == hooks.count("- id:") == 2
