"""Programs that are recorded: which calls are timed, and under which names."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from pexec.analyzer.timings import Timing
from recorded import TOOLS, both, project, put, record, run

DEMO = Path(__file__).parent.parent / "fixtures" / "demo"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path)


def took(timing: Timing) -> float:
    return timing.end - timing.start


def test_the_demo(tmp_path: Path) -> None:
    """The latencies of the server's tools, which its source says, from a run of the script."""
    folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    ran = record(folder, "agent.py")
    assert ran.code == 0, ran.stderr
    assert ran.stderr == ""
    declared = tomllib.loads((DEMO / "pexec.toml").read_text(encoding="utf-8"))["tools"]
    latencies = {t["match"].removeprefix("mcp:"): t["latency-ms"] / 1000 for t in declared}
    calls = [t for t in ran.timings if t.tool in latencies]
    assert Counter(t.tool for t in calls) == Counter(
        search_documents=2, read_document=3, find_customer=1, get_customer=1, list_orders=1,
        get_invoice=1, list_events=1, get_event=1, free_slots=1, send_message=1,
    )  # fmt: skip
    for timing in calls:
        waited = timing.end - timing.start
        assert latencies[timing.tool] <= waited < latencies[timing.tool] + 2
        assert timing.file == "agent.py"
        line = (DEMO / "agent.py").read_text().splitlines()[timing.line - 1]
        assert line[timing.column - 1 :].startswith(f'session.call_tool("{timing.tool}"')
    assert {t.activation for t in calls} == {calls[0].activation}


def test_loops_and_branches(folder: Path) -> None:
    """The runs of a function are told apart, so that turns and branches can be counted."""
    program = """\
        import asyncio
        from tools import get as fetch

        async def page(n):
            for i in range(n):
                await fetch(i, 0)
            if n > 1:
                await several(n)

        async def several(n):
            'Has a text.'
            return [await fetch(i, 0) for i in range(n)]

        async def main():
            await page(1)
            await page(3)

        asyncio.run(main())
        """
    put(folder, main=program)
    ran = both(folder, "main.py")
    runs = Counter((t.line, t.activation) for t in ran.timings if t.tool == "tools.get")
    first, second = sorted(a for line, a in runs if line == 6)
    assert runs[6, first] == 1
    assert runs[6, second] == 3
    assert sorted(n for (line, _), n in runs.items() if line == 12) == [3]
    (branch,) = (t for t in ran.timings if t.tool == "several")
    assert branch.activation == second
    assert {t.file for t in ran.timings} == {"main.py", "tools.py"}


def test_what_runs_together(folder: Path) -> None:
    program = """\
        import asyncio
        from tools import Session, get

        class Page:
            def __init__(self):
                self.client = Session()

            async def load(self, names):
                one, two = await asyncio.gather(get(1), get(2))
                await asyncio.gather(*(self.client.call_tool(n) for n in names), get(3))
                tasks = [asyncio.create_task(self.client.call_tool(name=n)) for n in names]
                for task in tasks:
                    await task
                async with asyncio.TaskGroup() as group:
                    group.create_task(get(4))
                    group.create_task(self.client.call_tool("c"))
                await asyncio.wait_for(get(5), timeout=9)
                later = asyncio.ensure_future(asyncio.gather(get(6), get(7)))
                await asyncio.gather(later, asyncio.shield(get(8)))
                await asyncio.gather(*[get(9) if one else get(10)])
                return await asyncio.gather(asyncio.sleep(0, "x"), return_exceptions=bool(two))

        print(asyncio.run(Page().load(["a", "b"])))
        """
    put(folder, main=program)
    ran = both(folder, "main.py")
    assert Counter(ran.tools) == {"tools.get": 9, "a": 2, "b": 2, "c": 1}
    assert all(0.05 <= s < 0.1 for s in ran.seconds("tools.get"))
    first, second = [t for t in ran.timings if t.tool == "tools.get"][:2]
    assert second.start < first.end  # they ran together


def test_what_pexec_writes_can_be_recorded(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    before = record(folder, "agent.py")
    fixed = run(
        [sys.executable, "-c", "from pexec.codemods.cli import fix; fix()", "agent.py"],
        folder,
        PYTHONPATH=":".join(sys.path),
    )
    assert "fixed 3 findings" in fixed.stdout, fixed.stderr
    after = record(folder, "agent.py")
    assert Counter(after.tools) == Counter(before.tools)
    ran = [
        [t for t in r.timings if "." not in t.tool] for r in (before, after)
    ]  # its server's tools
    span = [max(t.end for t in calls) - min(t.start for t in calls) for calls in ran]
    assert span[1] < 0.7 * span[0]


def test_failures(folder: Path) -> None:
    program = """\
        import asyncio
        from tools import Session, get

        class CallToolResult:
            isError = True

        async def refused():
            return CallToolResult()

        async def main():
            session = Session()
            for name in ("good", "bad-" + "one"):
                try:
                    await session.call_tool(name)
                except LookupError as error:
                    print(error, error.__traceback__.tb_lineno)
            done = await asyncio.gather(get("bad"), get("good"), return_exceptions=True)
            print(done)
            await refused()
            try:
                async with asyncio.timeout(0.01):
                    await get(1, 9)
            except TimeoutError:
                print("late")
            task = asyncio.create_task(get(2))
            task.cancel()
            print(await asyncio.gather(task, return_exceptions=True))

        asyncio.run(main())
        """
    put(folder, main=program)
    ran = both(folder, "main.py")
    failed = [(t.tool, t.failed) for t in ran.timings if t.tool != "asyncio.sleep"]
    assert failed == [
        ("good", False),
        ("bad-one", True),
        ("tools.get", True),
        ("tools.get", False),
        ("refused", True),
        ("tools.get", True),
    ] + [("tools.get", True)] * (len(failed) - 6)
    assert len(failed) in (6, 7)  # a task that was cancelled before its first step


def test_names(folder: Path) -> None:
    program = """\
        import asyncio, functools, tools
        import tools as t
        from tools import Session as S, get

        def lookup(key):
            return key

        class Box(dict):
            pass

        async def main(get):
            from tools import get as inner
            box = Box(secret=S())
            await get(0, 0)
            await inner(0, 0)
            await tools.get(0, 0)
            await t.get(0, 0)
            await S().call_tool("é" + "ü")
            ключ = await box["secret"].call_tool(*["starred"]); await box["secret"].call_tool("x")
            await asyncio.to_thread(lookup, "secret")
            await asyncio.get_running_loop().run_in_executor(None, t.len_of, "secret")
            await asyncio.to_thread(functools.partial(lookup, "secret"))
            await (lambda: get(0, 0))()

        asyncio.run(main(get))
        """
    put(folder, main=program, tools=TOOLS + "\n    def len_of(x):\n        return len(x)\n")
    ran = both(folder, "main.py")
    assert ran.tools == [
        "get",  # a parameter, which hides the import
        "tools.get",
        "tools.get",
        "tools.get",
        "éü",
        "box[].call_tool",
        "x",
        "lookup",
        "tools.len_of",
        "lookup",
        "?",
    ]
    (x,) = (timing for timing in ran.timings if timing.tool == "x")
    assert (x.line, x.column) == (19, 63)


def test_blocking_calls(folder: Path) -> None:
    program = """\
        import time
        from concurrent.futures import ThreadPoolExecutor
        from time import sleep as pause

        def load(x, **more):
            time.sleep(x)
            return x

        async def load_later(x):
            return x

        def failing(x):
            raise ValueError(x)

        pause(0.05)
        load(load(0.03), key=load(0.02))
        load(*[0.01])
        other = load_later(1)
        other.close()
        try:
            load(failing(1))
        except ValueError:
            pass
        with ThreadPoolExecutor(4) as pool:
            print(sum(pool.map(lambda n: load(n / 100), range(8))))
        """
    put(folder, main=program)
    ran = both(folder, "main.py", patterns=["time.sleep", "main.load*", "nothing.*"])
    outer = [t for t in ran.timings if t.line > 6]
    assert [t.tool for t in outer] == ["time.sleep", *["load"] * 12]
    waited = [0.05, 0.03, 0.02, 0.03, 0.01, *(n / 100 for n in range(8))]
    for timing, least in zip([*outer[:5], *sorted(outer[5:], key=took)], waited, strict=True):
        assert least <= took(timing) < least + 0.02
    assert both(folder, "main.py").timings == ()


def test_only_files_of_the_program(tmp_path: Path, folder: Path) -> None:
    main = "import asyncio, lib, pkg.site\nasyncio.run(lib.go())\nasyncio.run(pkg.site.go())\n"
    library = "import tools\nasync def go():\n    await tools.get(1, 0)\n"
    nested = library.replace("import tools", "from .. import tools").replace("..", ".")
    pkg = {"__init__.py": "", "site.py": nested, "tools.py": TOOLS}
    put(folder / "sub" / "pkg", pkg)
    put(folder / "sub" / "venv" / "site-packages", lib=library, tools=TOOLS)
    text = f"import sys\nsys.path.append({str(folder / 'sub' / 'venv' / 'site-packages')!r})\n"
    (folder / "sub" / "main.py").write_text(text + main)
    ran = both(folder, "sub/main.py")
    assert {t.file for t in ran.timings} == {"sub/pkg/site.py", "sub/pkg/tools.py"}
    assert ran.tools == ["pkg.tools.get"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert {t.file for t in both(elsewhere, "../project/sub/main.py").timings} == set()
