"""Programs that are recorded: nothing else of them changes."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pexec.analyzer.timings import read_timings
from recorded import ENVIRONMENT, PYTHON, REPORT, TOOLS, both, project, put, record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path)


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


def test_a_folder_as_program(folder: Path) -> None:
    text = "import sys, asyncio, near\nprint(sys.argv, sys.path, __spec__.name, __file__)\n"
    put(folder / "app", near=TOOLS, __main__=text + "asyncio.run(near.get(1))\n")
    assert both(folder, "app", "x").timings
    assert both(folder, "./app/").timings
    shutil.make_archive(str(folder / "app"), "zip", folder / "app")
    assert not both(folder, "app.zip").timings


@pytest.mark.skipif(
    importlib.util.find_spec("test.test_asyncio") is None or sys.executable != PYTHON,
    reason="Python came without its tests, or they are those of another",
)
@pytest.mark.parametrize("name", ["test_taskgroups", "test_timeouts", "test_locks"])
def test_the_tests_of_asyncio_itself(name: str, tmp_path: Path) -> None:
    from test import test_asyncio

    copy = tmp_path / "copy"
    shutil.copytree(Path(test_asyncio.__file__).parent, copy / "own_asyncio")
    for path in copy.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("test.test_asyncio", "own_asyncio"), encoding="utf-8")
    ran = record(copy, "-m", "unittest", f"own_asyncio.{name}")
    assert ran.stderr.endswith("\nOK\n"), ran.stderr
    assert len(ran.timings) > 20


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
