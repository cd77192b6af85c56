"""The world: state that tools read and really change, and the record of what they did.

A tool is a coroutine function in the namespace of the program. Each call waits, acts, waits again
and may fail before or after it acts, as the schedule says. What it is handed is copied when it
starts, as a network client would, unless the tool says that it keeps or re-reads the object.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import inspect
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from .schedule import Failure, Key, Schedule

#: The file name of the program in tracebacks.
PROGRAM = "program.py"

IMMUTABLE = (str, int, float, bool, bytes, complex, type(None))


class ToolError(Exception):
    """What a tool of this world raises when its schedule lets it fail."""


class Moment(float):
    """A clock reading. It prints as a word: programs of different speed may not differ in it."""

    def __repr__(self) -> str:
        return "<moment>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __sub__(self, other: float) -> Moment:
        return Moment(float(self) - float(other))


def freeze(value: object, seen: dict[int, int] | None = None) -> str:
    """A text that is equal for equal values *with the same aliasing inside*."""
    if isinstance(value, IMMUTABLE):
        return repr(value)
    if isinstance(value, Moment):
        return "<moment>"
    seen = {} if seen is None else seen
    if id(value) in seen:
        return f"&{seen[id(value)]}"
    if isinstance(value, tuple):
        return "(" + ",".join(freeze(item, seen) for item in value) + ")"
    if isinstance(value, BaseException):
        return f"{type(value).__name__}({','.join(freeze(item, seen) for item in value.args)})"
    if isinstance(value, (set, frozenset)):
        return "{" + ",".join(sorted(freeze(item) for item in value)) + "}"
    seen[id(value)] = len(seen)
    if isinstance(value, list):
        return "[" + ",".join(freeze(item, seen) for item in value) + "]"
    if isinstance(value, dict):
        items = (f"{freeze(key)}:{freeze(item, seen)}" for key, item in value.items())
        return "{" + ",".join(items) + "}"
    if inspect.iscoroutine(value) or isinstance(value, asyncio.Future):
        return f"<{type(value).__name__}>"
    if callable(value):
        return "<function>"
    shown = getattr(value, "__dict__", {})
    return f"<{type(value).__name__} {freeze(shown, seen)}>"


@dataclass(slots=True)
class Call:
    """One performed call: when it ran, how it ended ("" while it runs), and what it answered."""

    key: Key
    started: float
    ended: float = -1.0
    how: str = ""  # returned | failed | cancelled
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """A write that took effect."""

    resource: str
    tool: str
    what: str
    vain: bool  # by a tool that is declared speculative: it may happen in vain


@dataclass(frozen=True, slots=True)
class Barrier:
    """A moment the program fixes (clock, pause, unknown call, handler): what had run by then."""

    word: str
    what: str
    live: tuple[Key, ...]
    started: tuple[tuple[Key, int], ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """``act(world, **arguments)`` is the effect. ``resource`` names what a write changes.

    ``copies``: the arguments are copied when the call starts. ``late(world, **arguments)`` looks
    at the arguments once more when the call ends; what it returns replaces the answer, unless that
    is None. ``exclusive`` names the handle that is used.
    ``barrier``: what it may do is unbounded.
    """

    name: str
    act: Callable[..., object]
    signature: inspect.Signature
    resource: Callable[[dict[str, Any]], str] | None = None
    copies: bool = True
    late: Callable[..., object] | None = None
    exclusive: str = ""
    raises: bool = True
    vain: bool = False
    unordered: bool = False
    barrier: bool = False


@dataclass(slots=True)
class Handle:
    """A connection over which one request at a time may be under way.

    ``lags``: after a cancelled read it stays one answer behind.
    """

    lags: bool
    users: int = 0
    pipe: list[object] = field(default_factory=list)  # answers that nobody has read yet


def initial_state(seed: int) -> dict[str, Any]:
    """The stores at the start; ``seed`` changes values, never which keys there are."""
    people = {
        key: {
            "id": key,
            "name": f"{key}{seed}",
            "next": following,
            "tags": ["t", str(seed)],
            "n": seed + index,
        }
        for index, (key, following) in enumerate((("a", "b"), ("b", "c"), ("c", "a")))
    }
    return {
        "crm": people,
        "orders": {key: [{"sku": key, "n": seed}] for key in "abc"},
        "profiles": {key: {"name": key, "seen": [seed]} for key in "abc"},
        "prices": {"a": 10 + seed, "b": 20, "c": 30},
        "files": {"d/a.txt": f"A{seed}", "d/b.txt": "B", "c.md": "C"},
        "db": {"rows": [seed, seed + 1]},
        "kb": {"facts": [seed]},
        "web": {"u": f"page {seed}", "v": "other"},
        "shelf": {"a": ["s"]},
        "store": {},
        "counters": {"a": 0, "b": 0},
        "cache": {},
        "mail": [],
        "audit": [],
        "log": [],
        "hidden": [],
    }


class World:
    """State, handles, and the record of one run."""

    def __init__(self, seed: int, schedule: Schedule) -> None:
        self.schedule = schedule
        self.state = initial_state(seed)
        self.handles: dict[str, Handle] = {"conn": Handle(True), "desk": Handle(False)}
        self.tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="none")
        self.stdout: list[str] = []
        self.calls: list[Call] = []
        self.live: dict[int, Call] = {}
        self.peak = 0
        self.writes: list[Write] = []
        self.barriers: list[Barrier] = []
        self.violations: list[str] = []
        self.timeouts = 0
        self.expired: list[int] = []
        self.text: list[str] = []  # the lines of the program
        self.own_errors = 0
        self.argument_errors = 0
        self.replayed = False  # the program is a durable workflow: one call at a time, in order
        self.coroutines: list[Coroutine[Any, Any, object]] = []

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def print(self, *values: object, sep: str = " ", end: str = "\n", **_: object) -> None:
        self.stdout.append(sep.join(str(value) for value in values) + end)

    def mark(self, word: str, what: str = "") -> None:
        """Records a barrier: which calls are under way and which had been started."""
        live = tuple(call.key for call in self.live.values())
        started = Counter(call.key for call in self.calls)
        self.barriers.append(Barrier(word, what, live, tuple(started.items())))

    def blame(self, error: BaseException) -> None:
        """Counts an error that the program itself raised, and if in a line that awaits."""
        frames = traceback.extract_tb(error.__traceback__)
        if frames and frames[-1].filename == PROGRAM and frames[-1].lineno is not None:
            line = self.text[frames[-1].lineno - 1]
            self.own_errors += 1
            self.argument_errors += "await " in line

    def note(self, tool: Tool, arguments: dict[str, Any], what: str) -> None:
        if tool.resource is not None:
            self.writes.append(Write(tool.resource(arguments), tool.name, what, tool.vain))

    def unawaited(self) -> list[str]:
        """The tool calls that were made and never begun; closes them, so that it is said once."""
        found: list[str] = []
        for coroutine in self.coroutines:
            if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                found.append(coroutine.__name__)
                coroutine.close()
        self.coroutines.clear()
        return found

    def bind(self, tool: Tool) -> Callable[..., Coroutine[Any, Any, object]]:
        """The tool as the program sees it. A keyword ``site`` only tells equal calls apart."""

        def call(*args: Any, site: object = "", **kwargs: Any) -> Coroutine[Any, Any, object]:
            bound = tool.signature.bind(None, *args, **kwargs)
            bound.apply_defaults()
            arguments = dict(bound.arguments)
            arguments.pop("world", None)
            coroutine = self._perform(tool, arguments, str(site))
            coroutine.__name__ = tool.name
            self.coroutines.append(coroutine)
            return coroutine

        call.__name__ = call.__qualname__ = tool.name
        return call

    async def _perform(self, tool: Tool, arguments: dict[str, Any], site: str) -> object:
        call = Call((tool.name, freeze(arguments), site), self.now())
        if tool.barrier:
            self.mark(tool.name, call.key[1])
        if self.replayed and self.live:
            self.violations.append("two calls of a workflow at once")
        number = len(self.calls)
        self.calls.append(call)
        self.live[number] = call
        self.peak = max(self.peak, len(self.live))
        context = _context()
        sent = copy.deepcopy(arguments) if tool.copies else arguments
        try:
            answer = await self._act(tool, call, sent, arguments)
        except asyncio.CancelledError:
            plan = self.schedule.plan(call.key)
            own = plan.failure is not None and plan.failure.kind == "cancelled"
            call.how = "failed" if own else "cancelled"
            if self.schedule.cleanup and not own:
                await self._wait(self.schedule.cleanup)
            raise
        except BaseException:
            call.how = "failed"
            raise
        else:
            # As a request carries its caller's tenant or trace, a call sees the context variables.
            call.how, call.answer = "returned", freeze(answer) + context
            return answer
        finally:
            call.ended = self.now()
            del self.live[number]

    async def _act(
        self, tool: Tool, call: Call, sent: dict[str, Any], given: dict[str, Any]
    ) -> object:
        plan = self.schedule.plan(call.key)
        failure = plan.failure if tool.raises else None
        handle = self.handles.get(tool.exclusive)
        if handle is not None:
            if handle.users:
                self.violations.append(f"{tool.exclusive} is used by two calls at once")
                raise RuntimeError("another operation is in progress")
            handle.users += 1
        try:
            await self._wait(plan.before)
            if failure is not None and failure.when == "before":
                raise _error(failure, call.key)
            answer = tool.act(self, **sent)
            self.note(tool, sent, call.key[1])
            if handle is not None and handle.lags:
                # What was asked is answered, even if the one who asked is cancelled meanwhile.
                handle.pipe.append(answer)
            await self._wait(plan.after)
            if tool.late is not None:
                looked = tool.late(self, **given)
                answer = answer if looked is None else looked
            if handle is not None and handle.lags:
                answer = handle.pipe.pop(0)
            if failure is not None:
                raise _error(failure, call.key)
            return answer
        finally:
            if handle is not None:
                handle.users -= 1

    async def _wait(self, ticks: int) -> None:
        if ticks > 0:
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            timer = loop.call_later(ticks, _wake, future)
            try:
                await future
            finally:
                timer.cancel()


def _context() -> str:
    return "".join(
        f" in {variable.name} {freeze(value)}"
        for variable, value in contextvars.copy_context().items()
        if variable.name == "tenant"
    )


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _error(failure: Failure, key: Key) -> BaseException:
    text = f"{key[0]} {key[1]}"
    if failure.kind == "cancelled":
        return asyncio.CancelledError(text)
    kinds = {"tool": ToolError, "value": ValueError, "lookup": LookupError}
    return kinds[failure.kind](text)
