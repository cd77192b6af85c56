"""One run of a command: files and their settings → results, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .config import Config
from .discovery import Found, find
from .files import FileError, Target
from .files import read as read_file
from .notebooks import is_notebook
from .settings import Request, Settings

if TYPE_CHECKING:
    from .engine import Result, Rewriter
    from .workers import Progress


@dataclass(frozen=True, slots=True)
class Job:
    """A file with the settings that hold for it. ``filename`` is what is printed."""

    target: Target
    filename: str
    config: Config


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file's result, and its bytes if they are needed to write it back."""

    job: Job
    data: bytes
    result: Result


def jobs(request: Request) -> tuple[list[Job], Found]:
    """The files with their settings, and what could not be found.

    Raises ConfigError before anything is analysed: with a wrong configuration nothing runs.
    """
    settings = Settings(request)
    found = find(request.paths, settings.of_folder, force_exclude=request.force_exclude,
                 stdin_filename=request.stdin_filename)  # fmt: skip
    work: list[Job] = []
    for target in found.targets:
        name = target.filename
        if target.is_stdin and request.stdin_filename:
            name = request.stdin_filename
        work.append(Job(target, name, settings.of(name)))
    return work, found


def run(
    request: Request,
    rewriter: Rewriter,
    each: Callable[[Outcome], Outcome] | None = None,
    progress: Progress | None = None,
) -> tuple[list[Outcome], list[tuple[str, str]]]:
    """All files' outcomes in order, and (path, cause) of what could not be found.

    Raises ConfigError. ``each`` sees an outcome as soon as it and those before it are there
    (``pexec-fix`` writes the file then). ``rewriter`` must be a function of a module, or a
    ``partial`` of one: it is handed to worker processes.
    """
    from .workers import Setup, Task, distinct, results

    work, found = jobs(request)
    data: dict[int, bytes] = {}

    def task(index: int, job: Job) -> Task | Result:
        from .engine import Failed, Skipped
        from .screen import may_hold_awaits, may_hold_suppression
        from .screen_threads import may_hold_threads, threaded

        try:
            held = read_file(job.target)
        except FileError as error:
            return Failed(job.filename, str(error))
        looked_at = not job.target.left_out and (
            may_hold_awaits(held)
            or may_hold_suppression(held)
            or (is_notebook(job.filename) and b"await" in held)
            or may_hold_threads(held, threaded(job.config))
        )
        if job.target.is_stdin or looked_at:
            data[index] = held
        if not looked_at:
            return Skipped(job.filename)
        return Task(held, job.filename, job.config, request.unsafe, not job.target.is_stdin)

    outcomes: list[Outcome] = []
    made = (task(index, job) for index, job in enumerate(work))
    setup = Setup(rewriter, distinct([job.config for job in work]))
    done = results(made, setup, len(work), request.workers, progress)
    for job, (index, result) in zip(work, enumerate(done), strict=True):
        held = data.pop(index, b"")
        if not keeps_bytes(result) and not job.target.is_stdin:
            held = b""
        outcome = Outcome(job, held, result)
        outcomes.append(each(outcome) if each is not None else outcome)
    return outcomes, found.missing


def keeps_bytes(result: Result) -> bool:
    """Are the file's bytes still needed: is there something to write?"""
    from .engine import Analyzed

    return isinstance(result, Analyzed) and (result.fixed is not None or bool(result.reported))
