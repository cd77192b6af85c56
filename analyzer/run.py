"""One run of a command: files and their settings → results, in order."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import Config, ConfigError, check, discover, read
from .files import STDIN, FileError, Target, find
from .files import read as read_file

if TYPE_CHECKING:
    from .engine import Result, Rewriter


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for. ``settings`` are keys of ``[tool.pexec]`` given there."""

    paths: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    config: Path | None = None
    isolated: bool = False
    include_tests: bool = False
    unsafe: bool = False
    stdin_filename: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A file with the settings that hold for it. ``filename`` is what is printed."""

    target: Target
    filename: str
    config: Config


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file's bytes and its result."""

    job: Job
    data: bytes
    result: Result


class Settings:
    """Settings per folder: the nearest file's, changed by the command line's. Cached."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._changes = check(request.settings, "command line")
        self._by_folder: dict[Path, Config] = {}
        self._by_file: dict[Path | None, Config] = {}

    def of(self, filename: str) -> Config:
        """The settings for one file. Raises ConfigError."""
        request = self._request
        if request.config is not None or request.isolated:
            return self._from(request.config)
        folder = Path(filename).absolute().parent if filename != STDIN else Path.cwd()
        known = self._by_folder.get(folder)
        if known is None:
            known = self._by_folder[folder] = self._from(_shown(discover(folder)))
        return known

    def _from(self, path: Path | None) -> Config:
        known = self._by_file.get(path)
        if known is None:
            config = read(path) if path is not None else Config()
            known = self._by_file[path] = self._changed(config)
        return known

    def _changed(self, config: Config) -> Config:
        changes, given = self._changes, self._request.settings
        values: dict[str, Any] = {
            key.replace("-", "_"): getattr(changes, key.replace("-", "_"))
            for key in given
            if key not in ("select", "ignore")
        }
        if "select" in given:
            values["select"] = changes.select
        elif "ignore" in given:
            values["select"] = config.select & changes.select
        values["include_tests"] = config.include_tests or self._request.include_tests
        return replace(config, **values)


def _shown(path: Path | None) -> Path | None:
    """A path as it is printed: from the working folder if it lies below."""
    if path is not None and path.is_relative_to(Path.cwd()):
        return path.relative_to(Path.cwd())
    return path


def inline_settings(words: Sequence[str]) -> tuple[Path | None, dict[str, Any]]:
    """``--config`` values, as ruff takes them: at most one file, and ``key = value`` pairs of TOML.

    Raises ConfigError.
    """
    path: Path | None = None
    settings: dict[str, Any] = {}
    for word in words:
        if "=" in word and not Path(word).exists():
            try:
                settings.update(tomllib.loads(word))
            except tomllib.TOMLDecodeError as error:
                raise ConfigError(f"--config {word!r}: not valid TOML: {error}") from None
        elif path is not None:
            raise ConfigError("--config: only one file can be given")
        else:
            path = Path(word)
    return path, settings


def jobs(request: Request) -> tuple[list[Job], list[tuple[str, str]]]:
    """The files with their settings, and (path, cause) of what could not be found.

    Raises ConfigError before anything is analysed: with a wrong configuration nothing runs.
    """
    targets, missing = find(request.paths)
    settings = Settings(request)
    found: list[Job] = []
    for target in targets:
        name = target.filename
        if target.is_stdin and request.stdin_filename:
            name = request.stdin_filename
        found.append(Job(target, name, settings.of(name)))
    return found, missing


def analyze_job(job: Job, rewriter: Rewriter, *, unsafe: bool) -> Outcome:
    """Read and analyze one file. Never raises for what the file is or holds."""
    from .engine import Failed, analyze_bytes

    try:
        data = read_file(job.target)
    except FileError as error:
        return Outcome(job, b"", Failed(job.filename, str(error)))
    root = job.config.path.absolute().parent if job.config.path is not None else Path.cwd()
    result = analyze_bytes(
        data,
        job.filename,
        job.config,
        rewriter,
        unsafe=unsafe,
        root=root,
        script=not job.target.is_stdin,
    )
    return Outcome(job, data, result)


def run(
    request: Request, rewriter: Rewriter, each: Callable[[Outcome], Outcome] | None = None
) -> tuple[list[Outcome], list[tuple[str, str]]]:
    """All files' outcomes, and (path, cause) of what could not be found. Raises ConfigError.

    ``each`` sees an outcome as soon as it is there (``pexec-fix`` writes the file then).
    """
    work, missing = jobs(request)
    outcomes: list[Outcome] = []
    for job in work:
        outcome = analyze_job(job, rewriter, unsafe=request.unsafe)
        outcomes.append(each(outcome) if each is not None else outcome)
    return outcomes, missing
