"""An asyncio event loop whose time is virtual: it jumps to the next timer instead of sleeping.

Only timers and callbacks exist (no sockets, no threads), so a loop that has neither left while its
main coroutine waits is deadlocked, and one that runs many callbacks without time passing spins.
"""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass
from typing import Any

#: Callbacks at one moment of virtual time after which the program is said to spin.
SPIN_LIMIT = 10_000


class Deadlock(Exception):
    """Nothing is ready, no timer is set, and the program has not ended."""


class Livelock(Exception):
    """The program goes on without time going on."""


class _Clock:
    """Stands where the selector of a real loop stands; its ``select`` makes time pass."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Deadlock
        if timeout > 0:
            self._loop.now += timeout
            self._loop.turns = 0
        else:
            self._loop.turns += 1
            if self._loop.turns > SPIN_LIMIT:
                self._loop.turns = 0
                raise Livelock
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop. ``tasks`` holds every task that was ever made, ``complaints`` what it reported."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Clock(self)
        self.now = 0.0
        self.turns = 0
        self.tasks: list[asyncio.Task[Any]] = []
        self.complaints: list[str] = []
        self.set_exception_handler(self._complain)

    def time(self) -> float:
        return self.now

    def create_task(
        self,
        coro: Coroutine[Any, Any, Any],  # type: ignore[override]
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        task = super().create_task(coro, name=name, context=context)  # type: ignore[arg-type]
        self.tasks.append(task)
        return task

    def unfinished(self) -> list[asyncio.Task[Any]]:
        """The tasks that still run, the one that asks not counted."""
        current = asyncio.current_task(self)
        return [task for task in self.tasks if not task.done() and task is not current]

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.complaints.append(f"{context['message']} ({type(error).__name__}: {error})")

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended: ``kind`` is value, error, cancelled, deadlock or livelock.

    ``interrupted`` is when it was first cancelled from outside or missed its deadline, or -1.

    ``running`` are the tasks that were unfinished when it ended, ``live`` what ``at_end`` said at
    that very moment, ``complaints`` what an asyncio program would have found in its log.
    """

    kind: str
    value: object
    error: BaseException | None
    time: float
    interrupted: float
    running: tuple[str, ...]
    live: tuple[str, ...]
    complaints: tuple[str, ...]


async def _main(
    start: Callable[[], Coroutine[Any, Any, object]],
    deadline: float | None,
    missed: Callable[[], None],
) -> object:
    if deadline is None:
        return await start()
    limit = asyncio.Timeout(asyncio.get_running_loop().time() + deadline)
    try:
        async with limit:
            return await start()
    finally:
        if limit.expired():
            missed()


def run_program(
    start: Callable[[VirtualLoop], Coroutine[Any, Any, object]],
    *,
    cancel_at: tuple[float, ...] = (),
    deadline: float | None = None,
    at_end: Callable[[], tuple[str, ...]] = tuple,
) -> Ending:
    """Runs the coroutine that ``start`` makes to its end in a new loop.

    It is cancelled from outside at the times ``cancel_at`` and put under ``deadline``. Tasks that
    are still there when it has ended go on until nothing happens any more, so that what they do is
    seen in the world; what is left then is cancelled. Never raises what the program raised.
    """
    loop = VirtualLoop()
    interrupted: list[float] = []
    seen: list[tuple[float, tuple[str, ...], tuple[str, ...]]] = []

    async def wrapped() -> object:
        try:
            return await start(loop)
        finally:
            tasks = [task for task in loop.unfinished() if task is not main]
            seen.append((loop.now, tuple(task.get_name() for task in tasks), at_end()))

    def cancel() -> None:
        if not main.done():
            interrupted.append(loop.now)
            main.cancel()

    kind, value, error = "value", None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        main = loop.create_task(
            _main(wrapped, deadline, lambda: interrupted.append(loop.now)), name="main"
        )
        for moment in cancel_at:
            loop.call_at(moment, cancel)
        try:
            value = loop.run_until_complete(main)
        except asyncio.CancelledError as raised:
            kind, error = "cancelled", raised
        except (Deadlock, Livelock) as raised:
            kind, error = type(raised).__name__.lower(), raised
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as raised:
            kind, error = "error", raised
        moment, running, live = seen[0] if seen else (loop.now, (), at_end())
        _finish(loop)
    complaints = [*loop.complaints, *(str(warning.message) for warning in caught)]
    return Ending(
        kind,
        value,
        error,
        moment,
        interrupted[0] if interrupted else -1.0,
        running,
        live,
        tuple(complaints),
    )


def _finish(loop: VirtualLoop) -> None:
    """Lets what is left run out, then ends it, and collects the reports of forgotten failures."""
    for _ in range(3):
        pending = [task for task in loop.tasks if not task.done()]
        if not pending:
            break
        try:
            loop.run_until_complete(asyncio.wait(pending))
        except (Deadlock, Livelock):
            for task in pending:
                task.cancel()
    for task in loop.tasks:
        if not task.done():
            loop.complaints.append(f"a task cannot be ended ({task.get_name()})")
        elif task._log_traceback and task.get_name() != "main":  # type: ignore[attr-defined]
            # asyncio reports this when the task is collected, which may be long after this run.
            loop.complaints.append(f"exception was never retrieved ({task.exception()!r})")
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.tasks.clear()
    gc.collect(0)
    loop.close()
