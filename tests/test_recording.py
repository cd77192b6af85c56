"""Programs that are recorded: what is timed, and that nothing else of them changes."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from commands import CONFIG, report
from pexec.analyzer.config import check
from pexec.analyzer.recording import patterns_of, recorded
from pexec.analyzer.timings import Timing, read_timings
from recorded import ENVIRONMENT, both, put, record, run

DEMO = Path(__file__).parent.parent / "fixtures" / "demo"
REPORT = "from pexec.codemods.cli import report; report()"
TOOLS = """\
    import asyncio

    async def get(x=0, wait=0.05):
        await asyncio.sleep(wait)
        if x == "bad":
            raise LookupError(x)
        return x

    class Session:
        async def call_tool(self, name, arguments=None):
            await asyncio.sleep(0.01)
            if name.startswith("bad"):
                raise LookupError(name)
            return name
    """


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    put(folder, tools=TOOLS)
    return folder


def took(timing: Timing) -> float:
    return timing.end - timing.start


# -- What is timed -----------------------------------------------------------------------------


def test_the_demo(tmp_path: Path) -> None:
    """The latencies of the server's tools, which the example declares, from a run of the script."""
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
    span = [
        max(t.end for t in r.timings) - min(t.start for t in r.timings) for r in (before, after)
    ]
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


# -- That nothing else changes -----------------------------------------------------------------

#: Programs by their names, which the file gives in lines `# case: NAME`.
ENDS = dict(
    case.split("\n", 1)
    for case in (Path(__file__).parent / "data" / "recorded.txt").read_text().split("# case: ")[1:]
)


@pytest.mark.parametrize("name", ENDS)
def test_it_ends_as_ever(name: str, folder: Path) -> None:
    text = "import asyncio, os, sys\nfrom tools import get\nasyncio.run(get('first'))\n"
    (folder / "main.py").write_text(f"{text}print('begun')\n{ENDS[name]}\n", encoding="utf-8")
    ran = both(folder, "main.py", "one", "-x")
    assert "asyncio.sleep" in {t.tool for t in ran.timings}


def test_modules(folder: Path) -> None:
    module = """\
        import asyncio, sys
        from . import near
        print(__name__, __package__, __spec__.name, sys.argv[1:], sys.path[0], __file__)
        asyncio.run(near.go())
        sys.exit(4)
        """
    near = "from .tools import get\nasync def go():\n    await get(1, 0)\n"
    put(folder / "pkg", {"__init__.py": "", "__main__.py": module}, near=near, tools=TOOLS)
    ran = both(folder, "-m", "pkg", "a", "-m", "b")
    assert ran.code == 4
    assert ran.tools == ["pkg.tools.get"]
    assert {t.file for t in ran.timings} == {"pkg/near.py", "pkg/tools.py"}
    assert both(folder, "-mpkg.__main__").code == 4
    assert both(folder, "-X", "dev", "-um", "pkg").code == 4
    assert both(folder, "-m", "none").code == 1
    assert both(folder, "-m", "pkg.none").code == 1


@pytest.mark.parametrize("option", ["-B", "-I", "-P", "-OO", "-Wignore", "-Xutf8", "-W error"])
def test_options_of_python(option: str, folder: Path) -> None:
    put(folder, main="import sys\nprint(sys.path, sys.flags, __debug__)\n1 if 1 is 1 else 2\n")
    both(folder, *option.split(), "main.py")


def test_what_cannot_start(folder: Path) -> None:
    put(folder, wrong="def f(:\n", outside="x = 1\nreturn x\n", uses="import wrong\n")
    (folder / "bytes.py").write_bytes(b"x = '\xff'\n")
    for name in ("none.py", "wrong.py", "outside.py", "uses.py"):
        assert both(folder, name).code in (1, 2)
    assert "\nSyntaxError: " in record(folder, "bytes.py").stderr  # Python's own words differ
    (folder / "latin.py").write_bytes("# coding: latin-1\nprint(ascii('é'))\n".encode("latin-1"))
    assert both(folder, "latin.py").stdout == "'\\xe9'\n"


def test_a_file_that_cannot_be_changed_runs_as_it_is(folder: Path) -> None:
    put(folder, main="import asyncio, long, tools\nasyncio.run(tools.get(1, 0))\nprint(long.x)\n")
    (folder / "long.py").write_text("x = " + "+".join(["1"] * 1200) + "\n")
    ran = record(folder, "main.py")
    assert ran.stdout == "1200\n"
    assert ran.stderr.startswith("pexec: long.py: not recorded: RecursionError: ")
    assert ran.stderr.count("\n") == 1
    assert "asyncio.sleep" in {t.tool for t in ran.timings}


WAITS = """\
    import asyncio, sys
    from tools import get

    async def main():
        await get(1)
        print("waiting", flush=True)
        try:
            await get(2, 30)
        finally:
            print("over", flush=True)

    asyncio.run(main())
    """


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals(number: signal.Signals, folder: Path) -> None:
    """A program that is interrupted or killed leaves what was timed; the exit code is its own."""
    put(folder, main=WAITS)
    out = folder / "out.jsonl"
    words = [sys.executable, "-c", REPORT, "--record", str(out), "--", sys.executable, "main.py"]
    environment = ENVIRONMENT | {"PYTHONPATH": ":".join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert process.returncode == -number
    found = [(t.tool, t.failed) for t in read_timings(out) if t.tool == "tools.get"]
    if number is signal.SIGINT:
        assert rest == "over\n"
        assert errors.endswith("\nKeyboardInterrupt\n")
        assert found == [("tools.get", False), ("tools.get", True)]
    else:
        assert found == [("tools.get", False)]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_a_program_that_closes_all_files(folder: Path) -> None:
    """Nothing is written into a file that happens to get the same number."""
    program = """\
        import asyncio, os
        from tools import get
        asyncio.run(get(1))
        os.closerange(3, 50)
        mine = [os.open("mine", os.O_RDWR | os.O_CREAT) for _ in range(20)]
        asyncio.run(get(2))
        print(os.fstat(mine[0]).st_size)
        """
    put(folder, main=program)
    ran = record(folder, "main.py")
    assert ran.stdout == "0\n"
    assert ran.stderr == "pexec: nothing is recorded any more: the program closed the file\n"
    assert len(ran.timings) == 1


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_children_by_fork(folder: Path) -> None:
    program = """\
        import asyncio, os
        from tools import get
        if not (child := os.fork()):
            asyncio.run(get(1))
            os._exit(0)
        asyncio.run(get(2))
        os.waitpid(child, 0)
        """
    put(folder, main=program)
    ran = both(folder, "main.py")
    assert len({t.activation for t in ran.timings}) == len(ran.timings) == 2


def test_several_threads(folder: Path) -> None:
    program = """\
        import asyncio, threading
        from tools import Session

        async def many(name):
            for i in range(50):
                await Session().call_tool(f"{name}-{i}")

        threads = [threading.Thread(target=asyncio.run, args=(many(n),)) for n in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """
    put(folder, main=program)
    ran = both(folder, "main.py")
    assert Counter(ran.tools) == {f"{n}-{i}": 1 for n in "abcd" for i in range(50)}
    assert len({t.activation for t in ran.timings if t.line == 6}) == 4


# -- The command -------------------------------------------------------------------------------

FORMS = {
    "python a.py -x": "python R O a.py -x",
    "python3.12 a.py": "python3.12 R O a.py",
    "/opt/bin/python3 -u a.py": "/opt/bin/python3 -u R O a.py",
    "C:\\py\\python.exe a.py": "C:\\py\\python.exe R O a.py",
    "python -m pkg a": "python R O -m pkg a",
    "python -Im pkg a": "python -I R O -m pkg a",
    "python -mpkg a": "python R O -m pkg a",
    "python -W error -X dev -Wx a.py": "python -W error -X dev -Wx R O a.py",
    "python --check-hash-based-pycs never a.py": "python --check-hash-based-pycs never R O a.py",
    "uv run a.py b": "uv run python R O a.py b",
    "uv run --with rich -p 3.12 a.py": "uv run --with rich -p 3.12 python R O a.py",
    "uv run -p python3.12 python a.py": "uv run -p python3.12 python R O a.py",
    "uv run -m pkg": "uv run python R O -m pkg",
    "uv run -- python -m pkg": "uv run -- python R O -m pkg",
    "poetry run python a.py": "poetry run python R O a.py",
}


@pytest.mark.parametrize(("command", "expected"), FORMS.items())
def test_forms_of_the_command(command: str, expected: str, tmp_path: Path) -> None:
    words, _ = recorded(command.split(), str(tmp_path / "o"), [])
    short = " ".join(words).replace(str(tmp_path / "o"), "O")
    assert re.sub(r"\S+record\.py", "R", short) == expected


REFUSED = ["", "./a.py", "ruby a.rb", "python", "python -c 1", "python -", "python -um", "uv a.py"]
REFUSED += ["uv run pytest", "uv run --script a", "poetry run agent", "poetry run a.py", "uv run"]


@pytest.mark.parametrize("command", REFUSED)
def test_other_commands_are_refused(command: str, tmp_path: Path) -> None:
    result = report("--record", str(tmp_path / "o"), "--", *command.split())
    assert result.exit_code == 2
    assert f"error: --record cannot run `{command}`; it runs `python script.py" in result.stderr
    assert not (tmp_path / "o").exists()


def test_a_script_with_requirements(tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text("# /// script\n# dependencies = ['rich']\n# ///\n")
    result = report("--record", str(tmp_path / "o"), "--", "uv", "run", str(script))
    assert result.exit_code == 2
    assert f"uv python find --script {script}" in result.stderr


def test_the_output_must_be_writable(tmp_path: Path) -> None:
    command = ("--", sys.executable, "a.py")
    (tmp_path / "a.py").write_text("print()\n")
    for name, cause in (("a.py", "holds no recording"), ("none/o", "No such file")):
        result = report("--record", str(tmp_path / name), *command)
        assert result.exit_code == 2
        assert cause in result.stderr
    assert (tmp_path / "a.py").read_text() == "print()\n"
    missing = report("--record", str(tmp_path / "o"), "--", "/none/python", "a.py")
    assert missing.exit_code == 2
    assert "/none/python: No such file" in missing.stderr


def test_other_options_are_excluded(tmp_path: Path) -> None:
    result = report("--record", str(tmp_path / "o"), "--isolated", "--", "python", "a.py")
    assert result.exit_code == 2
    assert "--record and --isolated exclude each other" in result.stderr


def test_the_command_line(folder: Path) -> None:
    """Declared blocking tools are timed; an earlier recording is replaced."""
    (folder / "pexec.toml").write_text('[[tools]]\nmatch = "tools.*"\nreads = ["crm"]\n')
    put(folder, tools="def load(x):\n    return x\n", main="import tools\ntools.load(1)\n")
    out = folder / "out.jsonl"
    out.write_text('{"tool": "old", "start": 1, "end": 2}\n')
    words = [sys.executable, "-c", REPORT, "--record", "out.jsonl", "--", sys.executable, "main.py"]
    ran = run(words, folder, PYTHONPATH=":".join(sys.path))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    (line,) = out.read_text().splitlines()
    found = json.loads(line)
    assert time.time() - 60 < found.pop("start") <= found.pop("end") <= time.time() + 1
    assert found == {
        "tool": "tools.load",
        "failed": False,
        "file": "main.py",
        "line": 2,
        "column": 1,
        "activation": 1,
    }


def test_nothing_recorded_is_said(folder: Path) -> None:
    put(folder, main="print('hello')\n")
    ran = record(folder, "main.py")
    assert ran.stderr.startswith("pexec: nothing was recorded: no awaited call")


def test_patterns() -> None:
    import tomllib

    names = patterns_of(check(tomllib.loads(CONFIG), "test"))
    assert names[:3] == ("get_user", "get_orders", "save")
    assert "requests.get" in names
    assert not any(name.startswith("mcp:") for name in names)
