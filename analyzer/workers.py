"""Tasks → results in the same order, in this process or, for many files, in worker processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from .config import Config
from .source import from_text

if TYPE_CHECKING:
    from .engine import Result, Rewriter

#: Called with (done, total) after each file.
Progress = Callable[[int, int], None]

#: Below this many bytes of source with candidates, starting workers costs more than it saves: a
#: worker imports LibCST in about half a second, in which 20,000 bytes are analyzed.
WORTH_WORKERS = 60_000
_NO_SOURCE = from_text("")
_AHEAD = 4  # tasks in flight per worker; bounds memory, hides differences in size


@dataclass(frozen=True, slots=True)
class Task:
    """One file to analyze: its bytes, its printed name and its settings."""

    data: bytes
    filename: str
    config: Config
    unsafe: bool
    script: bool


@dataclass(frozen=True, slots=True)
class Setup:
    """What all tasks share, handed to each worker once."""

    rewriter: Rewriter
    configs: tuple[Config, ...]


def results(
    made: Iterable[Task | Result],
    setup: Setup,
    total: int,
    workers: int = 0,
    progress: Progress | None = None,
) -> Iterator[Result]:
    """The result of each task, in order; results that are there already are handed through.

    ``workers``: how many processes; 0 means one per processor, 1 means none but this one.
    """
    number = workers or _processors()
    items = iter(made)
    begun, worth = _look_ahead(items) if number > 1 else ([], False)
    rest = chain(begun, items)
    found = _Pooled(setup, number).all(rest) if worth else _here(rest, setup)
    for done, result in enumerate(found, 1):
        yield result
        if progress is not None:
            progress(done, total)


def _processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _look_ahead(items: Iterator[Task | Result]) -> tuple[list[Task | Result], bool]:
    """The first items, as many as it takes to see whether workers are worth their start."""
    begun: list[Task | Result] = []
    size = tasks = 0
    for item in items:
        begun.append(item)
        if isinstance(item, Task):
            size += len(item.data)
            tasks += 1
            if tasks > 1 and size >= WORTH_WORKERS:
                return begun, True
    return begun, False


def _here(items: Iterable[Task | Result], setup: Setup) -> Iterator[Result]:
    for item in items:
        yield analyze_task(item, setup.rewriter) if isinstance(item, Task) else item


def analyze_task(task: Task, rewriter: Rewriter) -> Result:
    """Analyze one file. Never raises for what it holds."""
    from .engine import Analyzed, analyze_bytes

    result = analyze_bytes(
        task.data,
        task.filename,
        task.config,
        rewriter,
        unsafe=task.unsafe,
        root=task.config.root,
        script=task.script,
    )
    if isinstance(result, Analyzed) and not result.reported and result.fixed is None:
        return replace(result, source=_NO_SOURCE)  # thousands of these are kept to the end
    return result


# -- worker processes --------------------------------------------------------------------------

_setup: Setup | None = None  # in a worker: what it was started with


def _start(setup: Setup) -> None:
    """Make ready one worker. Ctrl-C reaches it too, and ends it without a traceback."""
    global _setup
    _setup = setup
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _work(data: bytes, filename: str, index: int, unsafe: bool, script: bool) -> Result:
    """A task, its settings by their number: each worker has them already."""
    assert _setup is not None
    task = Task(data, filename, _setup.configs[index], unsafe, script)
    return analyze_task(task, _setup.rewriter)


def _end_on_termination() -> signal.Handlers | None:
    """Let SIGTERM end the run as an exception does, so that no worker outlives it.

    Returns what to put back; None if the signal is somebody else's, or this is not the main thread.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return None
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    return signal.SIG_DFL


class _Pooled:
    """Hands tasks to a pool, keeps the order, and starts anew when a worker dies."""

    def __init__(self, setup: Setup, workers: int) -> None:
        self.setup = setup
        self.workers = workers
        self.index = {id(config): i for i, config in enumerate(setup.configs)}
        self.waiting: deque[tuple[Task, Future[Result]] | Result] = deque()

    def all(self, items: Iterable[Task | Result]) -> Iterator[Result]:
        self.pool = self._new(self.workers)
        before = _end_on_termination()
        try:
            for item in items:
                entry = self._submitted(item) if isinstance(item, Task) else item
                self.waiting.append(entry)  # not in one line: a recovery makes a new queue
                while len(self.waiting) > self.workers * _AHEAD:
                    yield self._next()
            while self.waiting:
                yield self._next()
        finally:
            self.pool.shutdown(wait=False, cancel_futures=True)
            if before is not None:
                signal.signal(signal.SIGTERM, before)

    def _new(self, workers: int) -> Executor:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_all_start_methods, get_context

        method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
        return ProcessPoolExecutor(
            workers, get_context(method), initializer=_start, initargs=(self.setup,)
        )

    def _submitted(self, task: Task) -> tuple[Task, Future[Result]]:
        try:
            return task, self._submit(self.pool, task)
        except BrokenProcessPool:
            self._recover()
            return task, self._submit(self.pool, task)

    def _submit(self, pool: Executor, task: Task) -> Future[Result]:
        index = self.index[id(task.config)]
        return pool.submit(_work, task.data, task.filename, index, task.unsafe, task.script)

    def _next(self) -> Result:
        item = self.waiting.popleft()
        if not isinstance(item, tuple):
            return item
        try:
            return item[1].result()
        except BrokenProcessPool:
            self.waiting.appendleft(item)
            self._recover()
            return self._next()

    def _recover(self) -> None:
        """A worker died, and with it the pool: each task in flight is tried by itself."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.waiting = deque(self._settled(item) for item in self.waiting)
        self.pool = self._new(self.workers)

    def _settled(self, item: tuple[Task, Future[Result]] | Result) -> Result:
        if not isinstance(item, tuple):
            return item
        task, future = item
        if future.done() and not future.cancelled() and future.exception() is None:
            return future.result()
        alone = self._new(1)
        try:
            return self._submit(alone, task).result()
        except BrokenProcessPool:
            from .engine import Failed

            return Failed(
                task.filename,
                "the process that analyzed the file died (killed, or out of memory); "
                "the other files were done",
            )
        finally:
            alone.shutdown(wait=False, cancel_futures=True)


def distinct(configs: Sequence[Config]) -> tuple[Config, ...]:
    """Each object once."""
    return tuple({id(config): config for config in configs}.values())
