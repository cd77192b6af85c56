"""Runs the text of a program in the world and gathers everything that can be seen of the run."""

from __future__ import annotations

import asyncio
import functools
import sys
import time
import traceback
import types
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .loop import Ending, VirtualLoop, run_program
from .schedule import Schedule
from .tools import dbos, namespace, simworld
from .world import PROGRAM, Barrier, Call, Moment, World, Write, freeze


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that can be seen of one run. Values are frozen texts (see ``freeze``).

    ``kind`` is value, error, cancelled, deadlock or livelock; ``error`` is the exception with its
    arguments, ``origin`` the qualified name of the function it came out of. ``box`` is what the
    caller's dictionary holds, ``variables`` the module's own globals. ``running`` and ``tasks`` are
    the calls and tasks that still ran at the end. ``cut_at``: when it was cancelled from outside or
    missed the deadline it was put under, or -1; ``expired``: the deadlines of its own it missed.
    ``own_error``: the program itself raised; ``argument_error``: in a line that awaits, so most
    likely in the arguments of a call.
    """

    kind: str
    result: str
    error: str
    origin: str
    stdout: tuple[str, ...]
    state: str
    box: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, tuple[str, ...]], ...]
    variables: str
    log: tuple[str, ...]
    writes: tuple[Write, ...]
    calls: tuple[Call, ...]
    barriers: tuple[Barrier, ...]
    violations: tuple[str, ...]
    running: tuple[str, ...]
    tasks: tuple[str, ...]
    complaints: tuple[str, ...]
    time: float
    peak: int
    cut_at: float
    expired: tuple[int, ...]
    own_error: bool
    argument_error: bool

    @property
    def cut(self) -> bool:
        return self.cut_at >= 0

    @property
    def interrupted(self) -> bool:
        return self.cut or bool(self.expired)

    @property
    def failed(self) -> bool:
        """Whether anything failed in this run, handled or not."""
        return (
            self.kind != "value"
            or any(call.how == "failed" for call in self.calls)
            or any(barrier.word == "seen" for barrier in self.barriers)
        )

    def written(self, vain: bool = True) -> dict[str, list[str]]:
        """The writes in order, per resource; ``vain``: those that may be in vain too."""
        found: dict[str, list[str]] = {}
        for write in self.writes:
            if vain or not write.vain:
                found.setdefault(write.resource, []).append(f"{write.tool} {write.what}")
        return found


@functools.lru_cache(maxsize=256)
def _compiled(source: str) -> types.CodeType:
    return compile(source, PROGRAM, "exec", dont_inherit=True)


@contextmanager
def _patched(world: World, loop: VirtualLoop) -> Iterator[None]:
    """Virtual clocks, and pauses and deadlines that the world hears of, while the program runs."""
    plain_sleep, plain_timeout = asyncio.sleep, asyncio.timeout
    clocks = {name: getattr(time, name) for name in ("time", "monotonic", "perf_counter")}

    def clock() -> Moment:
        # What a callee does with the clock is its own affair: only `main` fixes a moment.
        if sys._getframe(1).f_code.co_name == "main":
            world.mark("clock")
        return Moment(loop.now)

    def sleep(delay: float, result: Any = None) -> Coroutine[Any, Any, Any]:
        async def pause() -> Any:
            if own:
                world.mark("sleep", str(delay))
            try:
                return await plain_sleep(delay, result)
            finally:
                if own:
                    world.mark("awake", str(delay))

        own = sys._getframe(1).f_code.co_name == "main"
        return pause()

    class Timeout(asyncio.Timeout):  # type: ignore[misc]
        number = 0

        async def __aexit__(self, *exc: Any) -> bool | None:
            try:
                return await super().__aexit__(*exc)
            finally:
                world.expired += [self.number] * self.expired()

    def timeout(delay: float | None) -> asyncio.Timeout:
        number, plan = world.timeouts, world.schedule
        world.timeouts += 1
        off = delay is None or not plan.timeouts or number in plan.met
        limit = Timeout(None if off else loop.now + delay)
        limit.number = number
        return limit

    asyncio.sleep, asyncio.timeout = sleep, timeout  # type: ignore[assignment]
    for name in clocks:
        setattr(time, name, clock)
    hidden = {name: sys.modules.get(name) for name in ("simworld", "dbos")}
    sys.modules.update(simworld=simworld(world), dbos=dbos(world))
    try:
        yield
    finally:
        asyncio.sleep, asyncio.timeout = plain_sleep, plain_timeout
        for name, plain in clocks.items():
            setattr(time, name, plain)
        for name, module in hidden.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def run(source: str, world_seed: int = 0, schedule: Schedule | None = None) -> Outcome:
    """Executes the text and awaits its ``main(box)``; returns what could be seen of it.

    Raises SyntaxError if it is no Python; what running it raises is part of the outcome.
    """
    schedule = schedule or Schedule()
    world = World(world_seed, schedule)
    world.text = source.splitlines()
    names = namespace(world) | {"__name__": "program"}
    given = set(names)
    box: dict[str, Any] = {}
    patches: list[Any] = []

    def start(loop: VirtualLoop) -> Coroutine[Any, Any, object]:
        patch = _patched(world, loop)
        patch.__enter__()
        patches.append(patch)
        exec(_compiled(source), names)
        return names["main"](box)

    def at_end() -> tuple[str, ...]:
        # The state as the caller of `main` sees it: a context variable that a task of its own has
        # set does not come back.
        world.state["tenant"] = world.tenant.get()
        return tuple(call.key[0] for call in world.live.values())

    try:
        ending = run_program(
            start,
            cancel_at=schedule.cancel_at,
            deadline=schedule.deadline,
            at_end=at_end,
        )
    finally:
        for patch in patches:
            patch.__exit__(None, None, None)
    if isinstance(ending.error, SyntaxError):
        raise ending.error
    return _outcome(world, names, given, box, ending)


def _outcome(
    world: World, names: dict[str, Any], given: set[str], box: dict[str, Any], ending: Ending
) -> Outcome:
    aliases: dict[int, int] = {}
    error, origin = "", ""
    if ending.error is not None:
        error = freeze(ending.error)
        frames = [frame for frame, _ in traceback.walk_tb(ending.error.__traceback__)]
        origin = frames[-1].f_code.co_qualname if frames else ""
        world.blame(ending.error)
    state = {name: value for name, value in world.state.items() if name not in ("log", "cache")}
    state["store"] = dict(sorted(state["store"].items(), key=repr))  # its keys are things apart
    state["behind"] = len(world.handles["conn"].pipe)
    own = {
        name: value
        for name, value in names.items()
        if name not in given
        and not name.startswith("__")
        and not isinstance(value, types.ModuleType | type)
        and not callable(value)
        and not type(value).__module__.startswith(
            ("typing", "__future__", "asyncio", "contextvars")
        )
    }
    unawaited = [f"{name} was made and never awaited" for name in world.unawaited()]
    result = freeze(ending.value, aliases)
    shown = tuple((name, _look(value, aliases)) for name, value in box.items())
    kept = tuple(
        (name, tuple(freeze(item) for item in value))
        for name, value in box.items()
        if isinstance(value, list)
    )
    return Outcome(
        ending.kind,
        result,
        error,
        origin,
        tuple(world.stdout),
        freeze(state, aliases),
        shown,
        kept,
        freeze(own),
        tuple(world.state["log"]),
        tuple(world.writes),
        tuple(world.calls),
        tuple(world.barriers),
        tuple(world.violations),
        ending.live,
        ending.running,
        (*ending.complaints, *unawaited),
        ending.time,
        world.peak,
        ending.interrupted,
        tuple(world.expired),
        world.own_errors > 0,
        world.argument_errors > 0,
    )


def _look(value: object, aliases: dict[int, int]) -> str:
    """A value that the program left behind; a closure is called to see what it sees."""
    if isinstance(value, types.FunctionType):
        try:
            return "-> " + freeze(value(), aliases)
        except Exception as error:
            return "-> " + freeze(error)
    return freeze(value, aliases)
