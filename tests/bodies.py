"""Small projects whose tools are their own functions, executed before and after a rewrite.

A file of ``fixtures/bodies`` holds many of them::

    === name: rewritten                      one project: its name, and what is expected of it
    ...                                      main.py, with a coroutine function ``main``
    --- other.py                             another module of it
    ...

``=== prelude`` begins what stands before (or, where it has a line ``...``, around) the ``main.py``
of each of the projects below it; what a project has above a line ``~~~`` stands before that.

Expected is one of *rewritten* (at level exact), *on-success* (only at that level), *refused*
(``refused: word`` asks for the word in a note), *not-yet* (refused, although a rewrite would be
right) and *wrong* (rewritten, although the programs differ). The last two are asserted as well, so
that a program is promoted when pexec learns it.

Every module may call the tools of ``pexec.toml``; each call waits as its schedule says.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import re
import sys
import textwrap
import tomllib
import types
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import Analyzed, Result, analyze_bytes
from pexec.codemods.rewrite import rewrite
from simulation.loop import VirtualLoop, run_program
from simulation.world import IMMUTABLE

FOLDER = Path(__file__).parent.parent / "fixtures" / "bodies"
EXPECTATIONS = ("rewritten", "on-success", "refused", "not-yet", "wrong")


@dataclass(frozen=True)
class Case:
    """A small project; ``files`` are its modules by file name."""

    topic: str
    name: str
    expected: str
    word: str
    files: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.topic}:{self.name}"


def cases(topic: str = "*") -> list[Case]:
    """The projects of all files, or of one."""
    return [case for path in sorted(FOLDER.glob(f"{topic}.txt")) for case in read_cases(path)]


def read_cases(path: Path) -> Iterator[Case]:
    """The projects of one file."""
    text = path.read_text(encoding="utf-8")
    parts = re.split(r"^=== (?:prelude|([\w-]+): ([\w-]+)(?:: (.+))?)$", text, flags=re.MULTILINE)
    prelude = ""
    for name, expected, word, body in zip(*[iter(parts[1:])] * 4, strict=True):
        if name is None:
            prelude = body.strip("\n")
            continue
        assert expected in EXPECTATIONS, f"{path.name}: {name}: {expected}"
        main, *pieces = re.split(r"^--- ([\w/]+\.py)$", body.strip("\n"), flags=re.MULTILINE)
        texts = [_around(prelude, main), *pieces[1::2]]
        names = ["main.py", *pieces[::2]]
        files = tuple((n, t.strip() + "\n") for n, t in zip(names, texts, strict=True))
        yield Case(path.stem, name, expected, word or "", files)


def _around(prelude: str, main: str) -> str:
    found = re.search(r"^( *)\.\.\.$", prelude, flags=re.MULTILINE)
    if found is None:
        return f"{prelude}\n{main}"
    top, _, main = main.rpartition("~~~\n")
    inner = textwrap.indent(main.strip("\n"), found.group(1))
    return top + prelude[: found.start()] + inner + prelude[found.end() :]


@functools.cache
def config() -> Config:
    table: dict[str, Any] = tomllib.loads((FOLDER / "pexec.toml").read_text(encoding="utf-8"))
    return check(table, "pexec.toml")


# ------------------------------------------------------------------------------------- the rewrite


@dataclass(frozen=True)
class Rewritten:
    """What pexec makes of a project: all its files, and whether any of them changed."""

    files: tuple[tuple[str, str], ...]
    changed: bool
    results: tuple[Result, ...]

    @property
    def notes(self) -> str:
        return "\n".join(
            f"{b.span.line}: {b.name}: {b.kind}: {b.words}"
            for r in self.results
            if isinstance(r, Analyzed)
            for b in r.blocked
        )


def rewritten(case: Case, folder: Path, *, unsafe: bool) -> Rewritten:
    """Runs pexec over the files of a project, which stand in ``folder``."""
    for name, text in case.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8", newline="\n")
    files: list[tuple[str, str]] = []
    results: list[Result] = []
    for name, text in case.files:
        result = analyze_bytes(
            text.encode(), str(folder / name), config(), rewrite, unsafe=unsafe, root=folder
        )
        assert type(result).__name__ in ("Analyzed", "Skipped"), f"{case}: {result}"
        fixed = result.fixed if isinstance(result, Analyzed) else None
        files.append((name, text if fixed is None else fixed))
        results.append(result)
    after = tuple(files)
    return Rewritten(after, after != case.files, tuple(results))


# ------------------------------------------------------------------------------------- executing


class Failed(Exception):
    """What a tool raises when its schedule lets it fail."""


@dataclass(frozen=True)
class Schedule:
    """How long the calls wait, by ``tool(argument, …)``, and which of them fails."""

    waits: tuple[tuple[str, int], ...] = ()
    otherwise: int = 1
    fails: str = ""


@dataclass(frozen=True)
class Outcome:
    """All that can be seen of one run."""

    kind: str
    ended: str
    state: str
    stdout: str
    writes: tuple[tuple[str, tuple[str, ...]], ...]
    left: tuple[str, ...]
    calls: tuple[str, ...] = field(compare=False)


class World:
    """The tools, and what they did."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.waits = dict(schedule.waits)
        self.calls: dict[str, None] = {}
        self.writes: dict[str, list[str]] = {}
        self.store: dict[str, Any] = {}

    def tools(self) -> dict[str, Any]:
        names = ("hop", "ping", "fetch", "look", "put", "note")
        return {name: getattr(self, name) for name in names}

    async def _perform(self, tool: str, *arguments: Any) -> str:
        key = f"{tool}({', '.join(map(repr, arguments))})"
        self.calls.setdefault(key)
        ticks = self.waits.get(key, self.schedule.otherwise)
        if ticks:
            await asyncio.sleep(ticks)
        if self.schedule.fails == key and tool != "ping":
            raise Failed(key)
        return key

    async def hop(self, *arguments: Any) -> str:
        await self._perform("hop", *arguments)
        return "-".join(map(str, ("hop", *arguments[:1])))

    async def ping(self, *arguments: Any) -> str:
        await self._perform("ping", *arguments)
        return "-".join(map(str, ("ping", *arguments[:1])))

    async def fetch(self, *arguments: Any) -> dict[str, Any]:
        await self._perform("fetch", *arguments)
        return {"id": arguments[0] if arguments else None, "tags": ["x"], "n": 1}

    async def look(self, key: str) -> Any:
        await self._perform("look", key)
        return self.store.get(key)

    async def put(self, key: str, value: Any) -> None:
        call = await self._perform("put", key, value)
        self.store[key] = value
        self.writes.setdefault(f"store {key}", []).append(call)

    async def note(self, *arguments: Any) -> None:
        call = await self._perform("note", *arguments)
        self.writes.setdefault("notes", []).append(call)


class _Modules:
    """Imports the modules of a project from their texts, with the tools among their names."""

    def __init__(self, files: tuple[tuple[str, str], ...], tools: dict[str, Any]) -> None:
        self.tools = tools
        self.texts: dict[str, tuple[str, bool]] = {}
        for file, text in files:
            parts = file.removesuffix(".py").split("/")
            package = parts[-1] == "__init__"
            self.texts[".".join(parts[:-1] if package else parts)] = (text, package)
            for i in range(1, len(parts)):
                self.texts.setdefault(".".join(parts[:i]), ("", True))

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        from importlib.machinery import ModuleSpec

        if name not in self.texts:
            return None
        return ModuleSpec(name, self, is_package=self.texts[name][1])  # type: ignore[arg-type]

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        vars(module).update(self.tools)
        exec(_compiled(self.texts[module.__name__][0], module.__name__), vars(module))

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        hidden = {name: sys.modules.pop(name) for name in self.texts if name in sys.modules}
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]
        try:
            yield
        finally:
            sys.meta_path.remove(self)  # type: ignore[arg-type]
            for name in self.texts:
                sys.modules.pop(name, None)
            sys.modules.update(hidden)


@functools.lru_cache(maxsize=64)
def _compiled(text: str, name: str) -> types.CodeType:
    return compile(text, f"{name}.py", "exec", dont_inherit=True)


def run(files: tuple[tuple[str, str], ...], schedule: Schedule) -> Outcome:
    """Imports ``main`` and awaits its ``main()``; returns what could be seen."""
    world = World(schedule)
    modules = _Modules(files, world.tools())
    loaded: dict[str, types.ModuleType] = {}
    out = io.StringIO()

    async def start(loop: VirtualLoop) -> object:
        import importlib

        main = importlib.import_module("main").main
        try:
            return await main()
        finally:
            loaded.update({n: sys.modules[n] for n in modules.texts if n in sys.modules})

    with modules.installed(), contextlib.redirect_stdout(out):
        ending = run_program(start)
    seen: dict[int, tuple[int, object]] = {}
    value: object = ending.value if ending.error is None else ending.error
    ended = snapshot(value, seen)
    state = "\n".join(
        f"{name}.{key} = {snapshot(one, seen)}"
        for name, module in sorted(loaded.items())
        for key, one in vars(module).items()
        if key not in world.tools() and not key.startswith("__") and _own(one)
    )
    return Outcome(
        ending.kind,
        ended,
        state,
        out.getvalue(),
        tuple(sorted((name, tuple(calls)) for name, calls in world.writes.items())),
        # tasks are numbered in the order in which they are made
        tuple(re.sub(r"\bTask-\d+", "Task", t) for t in (*ending.running, *ending.complaints)),
        tuple(world.calls),
    )


def _own(value: object) -> bool:
    """Does a global belong to the program, and not to a library it imports?"""
    if isinstance(value, types.ModuleType):
        return False
    return not (callable(value) and getattr(value, "__module__", "") in sys.stdlib_module_names)


def snapshot(value: object, seen: dict[int, tuple[int, object]]) -> str:
    """A text that is equal for equal values with the same aliasing inside; classes too."""
    if isinstance(value, (*IMMUTABLE, range)):
        return repr(value)
    if isinstance(value, BaseException):
        cause = value.__cause__ if isinstance(value.__cause__, Exception) else None
        return f"{type(value).__name__}({_parts([value.args, vars(value), cause], seen)})"
    if isinstance(value, (set, frozenset)):
        return "{" + ",".join(sorted(snapshot(item, {}) for item in value)) + "}"
    if isinstance(value, types.ModuleType):
        return f"<module {value.__name__}>"
    if isinstance(value, (asyncio.Lock, asyncio.Semaphore)):
        return f"<{type(value).__name__} locked={value.locked()}>"  # the rest is bookkeeping
    if id(value) in seen:
        return f"&{seen[id(value)][0]}"
    number = len(seen)
    seen[id(value)] = (number, value)  # kept, lest another object gets its id
    kind = type(value).__name__
    if isinstance(value, (list, tuple, deque)):
        return f"{number}{kind}[{_parts(value, seen)}]"
    if isinstance(value, (dict, types.MappingProxyType)):
        items = (f"{snapshot(k, seen)}:{snapshot(v, seen)}" for k, v in value.items())
        return f"{number}{kind}{{{','.join(items)}}}"
    if isinstance(value, type):
        own = {k: v for k, v in vars(value).items() if k[:2] != "__" and not callable(v)}
        return f"<class {value.__name__} {snapshot(own, seen) if _own(value) else ''}>"
    if isinstance(value, types.FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        return f"<function {_parts([value.__defaults__, vars(value), *cells], seen)}>"
    if callable(value) or asyncio.iscoroutine(value) or isinstance(value, asyncio.Future):
        return f"<{kind}>"
    if not isinstance(getattr(value, "__dict__", None), dict) and not hasattr(value, "__slots__"):
        return re.sub(r" object at 0x\w+", "", repr(value))
    slots = [s for c in type(value).__mro__ for s in getattr(c, "__slots__", ())]
    shown = {s: getattr(value, s) for s in slots if hasattr(value, s)}
    shown |= getattr(value, "__dict__", {})
    return f"{number}<{kind} {snapshot(shown, seen)}>"


def _parts(values: Iterable[object], seen: dict[int, tuple[int, object]]) -> str:
    return ",".join(snapshot(value, seen) for value in values)


def _filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


# ------------------------------------------------------------------------------------- comparing


def schedules(keys: tuple[str, ...], *, failing: bool) -> Iterator[Schedule]:
    """Ways in which the calls may be slow, and (``failing``) which of them may fail."""
    patterns = [
        (),
        tuple((key, len(keys) - i) for i, key in enumerate(keys)),
        tuple((key, 1 + i) for i, key in enumerate(keys)),
    ]
    yield Schedule(otherwise=0)
    for pattern in patterns:
        yield Schedule(pattern)
    for key in keys:
        yield Schedule(((key, 50),))
        if len(keys) > 2:
            yield Schedule(((key, 0),), otherwise=3)
    if failing:
        for key in keys:
            for pattern in patterns:
                yield Schedule(pattern, fails=key)


def difference(case: Case, new: Rewritten, *, exact: bool) -> str:
    """The first way in which a rewritten project does something else, or ""."""
    keys = run(case.files, Schedule()).calls
    for schedule in schedules(keys, failing=exact):
        before, after = run(case.files, schedule), run(new.files, schedule)
        if not exact and before.kind == "error":
            # Later writes may have happened already in a run that fails (contract §1).
            after = replace(after, state=before.state, stdout=before.stdout, writes=before.writes)
        if before != after:
            parts = [
                f"{name}:\n  {getattr(before, name)}\n  {getattr(after, name)}"
                for name in ("kind", "ended", "state", "stdout", "writes", "left")
                if getattr(before, name) != getattr(after, name)
            ]
            text = "\n".join(f"--- {name}\n{body}" for name, body in new.files)
            return "\n".join([str(schedule), *parts, text])
    return ""
