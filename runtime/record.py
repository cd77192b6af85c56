"""Runs a Python program and writes down how long its tools took: what ``--record`` starts.

    python record.py OUT script.py [ARGUMENT]...
    python record.py OUT -m module [ARGUMENT]...

Needs Python 3.11 and nothing else: it runs in the program's environment, where pexec may not be
installed. The program's own files are compiled with a call around each awaited call, which times
it; the call itself stays where it is, and so do line numbers. Each call that ends is written to
OUT at once, as a line of JSON (`docs/traces.md`), so that a program that is killed leaves what
was timed. The environment variable PEXEC_RECORD is a JSON list: patterns of the names of blocking
calls that are timed too.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import contextlib
import fnmatch
import importlib.machinery
import importlib.util
import inspect
import itertools
import json
import os
import re
import sys
import time
import types
from collections.abc import Callable, Coroutine
from threading import get_ident
from typing import Any, cast

ROOT = os.getcwd()
LIBRARY = os.path.dirname(os.path.abspath(os.__file__))
INSTALLED = {"site-packages", "dist-packages"}

# -- At run time ---------------------------------------------------------------------------------

clock = time.perf_counter
epoch = time.time() - clock()
out = -1
out_is = (0, 0)  # which file that is
sites: list[Any] = []  # of instrument.py
#: Tool names and times of calls that are being made: by site, run and thread.
notes: dict[tuple[int, int, int], Any] = {}


def write(site: int, run: int, tool: str, begun: float, failed: bool) -> None:
    global out
    end = clock()
    if out < 0:
        return
    name, rest = json.dumps(tool) if tool else sites[site].tool, sites[site].rest
    line = f'{{"tool": {name}, "start": {epoch + begun:.6f}, '
    line += f'"end": {epoch + end:.6f}, "failed": {"true" if failed else "false"}, {rest}{run}}}\n'
    try:
        if which(out) == out_is:  # the program may have closed all files, and opened others
            os.write(out, line.encode())  # at once, and to the end: safe among threads
            return
        cause = "the program closed the file"
    except OSError as error:
        cause = error.strerror or str(error)
    out = -1
    complain(f"nothing is recorded any more: {cause}")


def which(file: int) -> tuple[int, int]:
    status = os.fstat(file)
    return status.st_dev, status.st_ino


def complain(words: str) -> None:
    if sys.stderr is not None:
        print(f"pexec: {words}", file=sys.stderr)


def note(site: int, run: int, tool: Any) -> Any:
    """The first argument of `call_tool`, which is about to be called."""
    notes[site, run, get_ident()] = tool
    return tool


def noted(site: int, run: int) -> str:
    tool = notes.pop((site, run, get_ident()), "")
    return tool if isinstance(tool, str) else ""


def timed(site: int, run: int, value: Any) -> Any:
    """What is awaited here and now. What cannot be awaited says so itself."""
    if type(value) is types.CoroutineType or inspect.isawaitable(value):
        return awaited(site, run, noted(site, run), value)
    return value


async def awaited(site: int, run: int, tool: str, value: Any) -> Any:
    begun = clock()
    try:
        result = await value
    except GeneratorExit:  # nobody waits for it any more
        raise
    except BaseException:
        write(site, run, tool, begun, True)
        raise
    write(site, run, tool, begun, refused(result))
    return result


def refused(result: Any) -> bool:
    """Is this an answer of an MCP server which says that the tool failed?"""
    if type(result).__name__ != "CallToolResult":
        return False
    return True in (getattr(result, "is_error", None), getattr(result, "isError", None))


def started(site: int, run: int, value: Any) -> Any:
    """What is handed on to run in a task. A task or future that runs already stays what it is."""
    if not isinstance(value, Coroutine):
        return value
    return Started(site, run, noted(site, run), cast("Coroutine[Any, Any, Any]", value))


class Started(Coroutine[Any, Any, Any]):
    """A coroutine that is timed from its first step to its last. No generator stands around it:
    one that is cancelled before its first step would leave the coroutine inside never awaited."""

    __slots__ = ("_begun", "_inner", "_tool", "_where")

    def __init__(self, site: int, run: int, tool: str, inner: Coroutine[Any, Any, Any]) -> None:
        self._where, self._tool, self._inner, self._begun = (site, run), tool, inner, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # names and frames, for debuggers and representations

    def __await__(self) -> Any:
        return self

    __iter__ = __await__

    def __next__(self) -> Any:
        return self._step(self._inner.send, None)

    def send(self, value: Any) -> Any:
        return self._step(self._inner.send, value)

    def throw(self, *error: Any) -> Any:
        return self._step(self._inner.throw, *error)

    def close(self) -> None:
        self._inner.close()

    def _step(self, step: Callable[..., Any], *given: Any) -> Any:
        begun = self._begun = self._begun or clock()
        try:
            return step(*given)
        except StopIteration as stop:
            write(*self._where, self._tool, begun, refused(stop.value))
            raise
        except GeneratorExit:
            raise
        except BaseException:
            write(*self._where, self._tool, begun, True)
            raise


def begin(site: int, run: int, value: Any) -> Any:
    """The last thing that is evaluated before a blocking call."""
    notes[site, run, get_ident()] = clock()
    return value


def end(site: int, run: int, result: Any) -> Any:
    """What a blocking call returned. One that raised is not seen."""
    begun = notes.pop((site, run, get_ident()), None)
    if begun is not None and not inspect.isawaitable(result):
        write(site, run, "", begun, False)
    return result


def count(first: int) -> None:
    builtins._pexec_next = itertools.count(first).__next__  # type: ignore[attr-defined]


def conclude() -> None:
    empty = False
    with contextlib.suppress(OSError):
        empty = out >= 0 and not os.fstat(out).st_size
    if empty:
        complain(
            "nothing was recorded: no awaited call in a file below this folder "
            "(docs/traces.md says what can be seen)"
        )


# -- Files of the program ------------------------------------------------------------------------


def code_of(data: bytes, path: str, name: str, package: str) -> types.CodeType:
    """What a file is compiled to. If that fails, the file runs as it is."""
    tree = compile(data, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    cause = ""
    try:
        lines = importlib.util.decode_source(data).split("\n")
        run = builtins._pexec_next()  # type: ignore[attr-defined]
        file = instrument.File(name, package, relative(path), lines, run, blocking)
        tree = instrument.instrumented(tree, file, sites)
        return compile(tree, path, "exec", dont_inherit=True)
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
    code = compile(data, path, "exec", dont_inherit=True)  # or the error that is the program's own
    complain(f"{relative(path)}: not recorded: {cause}")
    return code


def relative(path: str) -> str:
    """A path as it is written: from where the program was started."""
    with contextlib.suppress(ValueError):  # another drive
        path = os.path.relpath(path, ROOT)
    return path.replace(os.sep, "/")


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles a module of the program. What it would find in `__pycache__` is not used."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        package = fullname if self.is_package(fullname) else fullname.rpartition(".")[0]
        return code_of(self.get_data(path), path, fullname, package)


class Finder:
    """Lets the other finders find, and changes how the program's own files are loaded."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None) if finder is not self else None
            spec = find(name, path, target) if find else None
            if spec is not None:
                loader = spec.loader
                if type(loader) is importlib.machinery.SourceFileLoader and own(loader.path):
                    spec.loader = Loader(loader.name, loader.path)
                return spec
        return None


def own(path: str) -> bool:
    """Is this a file of the program: below the folder where it was started, and not installed?"""
    path = os.path.abspath(path)
    below = path.startswith(os.path.join(ROOT, "")) and not INSTALLED & set(path.split(os.sep))
    return below and not path.startswith(os.path.join(LIBRARY, ""))


# -- The program ---------------------------------------------------------------------------------


def shown(kind: Any, error: BaseException, trace: Any) -> None:
    """An uncaught exception, without the lines of this file."""
    todo, seen = [error], set[int]()
    for each in todo:
        if id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = without_us(each.__traceback__)
            todo += [e for e in (each.__cause__, each.__context__) if e is not None]
            todo += getattr(each, "exceptions", ())
    sys.__excepthook__(kind, error, error.__traceback__)


def without_us(trace: types.TracebackType | None) -> types.TracebackType | None:
    """The entries without ours, and without those of the import system that led to ours."""
    entries: list[types.TracebackType] = []
    ours = False
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        importing = filename.startswith("<frozen importlib")
        if filename == shown.__code__.co_filename:
            ours = True
            while entries and entries[-1].tb_frame.f_code.co_filename.startswith("<frozen import"):
                entries.pop()
        elif not (ours and importing):
            entries.append(trace)
            ours = False
        trace = trace.tb_next
    for entry in reversed(entries):
        entry.tb_next, trace = trace, entry
    return trace


def beside() -> Any:
    """The other file of this folder, which is on no path where modules are looked for."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instrument.py")
    spec = importlib.util.spec_from_file_location("_pexec_instrument", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["_pexec_instrument"] = module
    spec.loader.exec_module(module)
    return module


instrument = beside()
globs: list[str] = json.loads(os.environ.pop("PEXEC_RECORD", "[]"))
blocking = re.compile("|".join(map(fnmatch.translate, globs)) or "(?!)")


def main(filename: str, *given: str) -> None:
    """Run the program. What it is given, where it looks for modules, how it ends: as ever."""
    global out, out_is
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    out = os.open(filename, flags, 0o666)
    out_is = which(out)
    count(1)
    for function in (timed, started, note, begin, end):
        setattr(builtins, f"_pexec_{function.__name__}", function)
    if hasattr(os, "register_at_fork"):  # the numbers of a child are its own
        os.register_at_fork(after_in_child=lambda: count(os.getpid() << 24))
    sys.excepthook = shown
    sys.meta_path.insert(0, Finder())
    program, module = given[0], types.ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    sys.argv = list(given)
    path = sys.path[:] if sys.flags.safe_path else sys.path[1:]
    if program == "-m":
        atexit.register(conclude)
        import runpy

        sys.argv = ["-m", *given[2:]]
        sys.path[:] = path if sys.flags.safe_path else [ROOT, *path]
        runpy._run_module_as_main(given[1])  # type: ignore[attr-defined]
        return
    full = os.path.join(ROOT, program)
    if os.path.isdir(full) or full.endswith((".zip", ".pyz")):
        import runpy

        atexit.register(conclude)
        sys.path[:] = [full, *path]
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]
        return
    try:
        with open(full, "rb") as file:
            data = file.read()
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        sys.stderr.write(f"{sys.executable}: can't open file {full!r}: {reason}\n")
        sys.exit(2)
    folder = os.path.dirname(os.path.realpath(full))
    sys.path[:] = path if sys.flags.safe_path else [folder, *path]
    module.__file__ = full
    module.__loader__ = importlib.machinery.SourceFileLoader("__main__", full)
    module.__dict__["__cached__"] = None
    if sys.version_info < (3, 14):
        module.__annotations__ = {}
    stem = os.path.splitext(os.path.basename(full))[0]
    code = code_of(data, full, stem, "")
    atexit.register(conclude)
    exec(code, module.__dict__)


if __name__ == "__main__":
    main(*sys.argv[1:])
