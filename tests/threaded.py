"""Programs whose tools block, run with real threads before and after a rewrite (PX102).

The files of ``fixtures/threads`` are written as those of ``fixtures/bodies`` (see ``bodies``). A
tool takes as many milliseconds as its schedule says, and fails if it says so; what can be seen is
compared, and that nothing runs on when the program, or the cancelled task, has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import io
import threading
import time
import tomllib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bodies import Case, Failed, Schedule, read_cases, schedules, snapshot
from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import Analyzed, analyze_bytes
from pexec.codemods.rewrite import rewrite

FOLDER = Path(__file__).parent.parent / "fixtures" / "threads"
MS = 0.002  # what one tick of a schedule takes
STUCK = 20.0  # seconds after which a program is taken to hang


def cases() -> list[Case]:
    """The programs of the folder."""
    return [case for path in sorted(FOLDER.glob("*.txt")) for case in read_cases(path)]


@functools.cache
def config() -> Config:
    table: dict[str, Any] = tomllib.loads((FOLDER / "pexec.toml").read_text(encoding="utf-8"))
    return check(table, "pexec.toml")


@dataclass(frozen=True)
class New:
    """The text of a program after its rewrite, and the notes."""

    text: str
    notes: str


def rewritten(text: str, *, unsafe: bool = False) -> New:
    """What pexec makes of one program."""
    result = analyze_bytes(text.encode(), "main.py", config(), rewrite, unsafe=unsafe)
    if not isinstance(result, Analyzed):
        assert type(result).__name__ == "Skipped", result
        return New(text, "")
    notes = "\n".join(f"{b.span.line}: {b.name}: {b.kind}: {b.words}" for b in result.blocked)
    return New(text if result.fixed is None else result.fixed, notes)


@dataclass(frozen=True)
class Outcome:
    """All that can be seen of one run; ``left``: calls and threads that run on at its end."""

    kind: str
    ended: str
    box: str
    stdout: str
    writes: tuple[tuple[str, tuple[str, ...]], ...]
    left: tuple[str, ...]
    complaints: tuple[str, ...]
    calls: tuple[str, ...] = field(compare=False)


class World:
    """The tools, and what they did."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.waits = dict(schedule.waits)
        self.lock = threading.Lock()
        self.calls: dict[str, None] = {}
        self.running: list[str] = []
        self.writes: dict[str, list[str]] = {}
        self.store: dict[str, Any] = {}
        self.user = ContextVar("user", default="nobody")

    def tools(self) -> dict[str, Any]:
        names = ("grab", "keep", "ring", "who", "solo", "fetch")
        return {n: getattr(self, n) for n in names} | {"Failed": Failed, "user": self.user}

    def _perform(self, tool: str, *arguments: Any) -> str:
        key = f"{tool}({', '.join(map(repr, arguments))})"
        with self.lock:
            self.calls.setdefault(key)
            self.running.append(key)
        try:
            time.sleep(self.waits.get(key, self.schedule.otherwise) * MS)
        finally:
            with self.lock:
                self.running.remove(key)
        if self.schedule.fails == key and tool != "ring":
            raise Failed(key)
        return key

    def _wrote(self, where: str, key: str) -> None:
        with self.lock:
            self.writes.setdefault(where, []).append(key)

    def grab(self, name: Any) -> Any:
        self._perform("grab", name)
        return self.store.get(name, f"<{name}>")

    def keep(self, name: Any, value: Any) -> None:
        key = self._perform("keep", name, value)
        self.store[name] = value
        self._wrote(f"store {name}", key)

    def ring(self) -> None:
        self._wrote("bell", self._perform("ring"))

    def who(self, name: Any) -> str:
        return f"{self._perform('who', name)} {self.user.get()}"

    def solo(self) -> str:
        return self._perform("solo")

    async def fetch(self, name: Any) -> str:
        key = f"fetch({name!r})"
        self.calls.setdefault(key)
        await asyncio.sleep(self.waits.get(key, self.schedule.otherwise) * MS)
        if self.schedule.fails == key:
            raise Failed(key)
        return key


@functools.lru_cache(maxsize=64)
def _compiled(text: str) -> Any:
    return compile(text, "main.py", "exec", dont_inherit=True)


def run(text: str, schedule: Schedule, cancel_at: int | None = None) -> Outcome:
    """Run a program's ``main(box)``; a coroutine is cancelled (twice) after ``cancel_at`` ticks."""
    world = World(schedule)
    names: dict[str, Any] = {"__name__": "main", **world.tools()}
    box: dict[str, Any] = {}
    out = io.StringIO()
    before = set(threading.enumerate())
    complaints: list[str] = []
    left: list[str] = []
    value: object = None
    kind = "value"

    async def start() -> object:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))
        task = asyncio.ensure_future(names["main"](box))
        if cancel_at is not None:
            loop.call_later(cancel_at * MS, task.cancel)
            loop.call_later(cancel_at * MS + MS, task.cancel)
        try:
            return await task
        finally:
            left.extend(world.running)
            await asyncio.sleep(0)

    with contextlib.redirect_stdout(out):
        try:
            exec(_compiled(text), names)
            if inspect.iscoroutinefunction(names["main"]):
                value = asyncio.run(start())
            else:
                value = names["main"](box)
        except asyncio.CancelledError:
            kind = "cancelled"
        except Exception as error:
            kind, value = "error", (type(error), error.args)
    left += world.running
    left += [t.name for t in threading.enumerate() if t not in before]
    writes = tuple(sorted((name, tuple(calls)) for name, calls in world.writes.items()))
    return Outcome(kind, snapshot(value, {}), snapshot(box, {}), out.getvalue(), writes,
                   tuple(left), tuple(complaints), tuple(world.calls))  # fmt: skip


def difference(old: str, new: str, *, exact: bool) -> str:
    """The first way in which a rewritten program does something else, or ""."""
    keys = run(old, Schedule()).calls
    for schedule in schedules(keys, failing=True):
        before, after = run(old, schedule), run(new, schedule)
        if not exact and (schedule.fails or before.kind == "error"):
            # Later writes may have happened already in a run where a call fails (contract §1).
            after = replace(after, writes=before.writes)
        if before != after:
            return _shown(schedule, before, after, new)
    return ""


def interrupted(old: str, new: str) -> str:
    """What is wrong with a run that is cancelled from outside, or ""."""
    full = run(old, Schedule())
    written = {call for _, calls in full.writes for call in calls}
    for schedule in (Schedule(), Schedule(otherwise=4)):
        for at in _moments(full, schedule):
            after = run(new, schedule, cancel_at=at)
            wrong = after.left or after.complaints or after.kind not in ("cancelled", full.kind)
            if after.kind == "value" and "finally" not in full.stdout:
                wrong = wrong or after.ended != full.ended
            extra = {call for _, calls in after.writes for call in calls} - written
            if wrong or extra:
                return f"cancelled at {at}: " + _shown(schedule, full, after, new)
    return ""


def _moments(full: Outcome, schedule: Schedule) -> Iterator[int]:
    yield from range((len(full.calls) + 1) * max(schedule.otherwise, 1))


def _shown(schedule: Schedule, before: Outcome, after: Outcome, new: str) -> str:
    names = ("kind", "ended", "box", "stdout", "writes", "left", "complaints")
    parts = [
        f"{name}:\n  {getattr(before, name)}\n  {getattr(after, name)}"
        for name in names
        if getattr(before, name) != getattr(after, name)
    ]
    return "\n".join([str(schedule), *parts, new])
