"""Which settings hold for a file: the nearest configuration file's and the command line's."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import Config, ConfigError, check, own_file, read
from .files import STDIN

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


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
    force_exclude: bool = False
    workers: int = 0


#: Keys that go by another name among the settings of a file.
_FIELDS = {"sessions": "servers"}


class Settings:
    """Settings per folder: the nearest file's, changed by the command line's. Cached."""

    def __init__(self, request: Request) -> None:
        self._request = request
        if "extend" in request.settings:
            raise ConfigError("`extend` belongs into a configuration file, not on the command line")
        self._changes = check(request.settings, "command line")
        self._nearest: dict[Path, Path | None] = {}
        self._by_file: dict[Path | None, Config] = {}
        self._reduced: dict[tuple[Path | None, frozenset[str]], Config] = {}

    def of_folder(self, folder: str) -> Config:
        """The settings for the files of one folder. Raises ConfigError."""
        request = self._request
        if request.config is not None or request.isolated:
            return self._from(request.config)
        return self._from(self._file_of(Path(folder).absolute()))

    def of(self, filename: str) -> Config:
        """The settings for one file, without the codes left out for it. Raises ConfigError."""
        folder = Path(filename).absolute().parent if filename != STDIN else Path.cwd()
        config = self.of_folder(str(folder))
        if not config.per_file_ignores or filename == STDIN:
            return config
        return self._without(config, _left_out(config, filename))

    def _file_of(self, folder: Path) -> Path | None:
        if folder not in self._nearest:
            found = own_file(folder)
            if found is None and folder.parent != folder:
                found = self._file_of(folder.parent)
            self._nearest[folder] = found
        return self._nearest[folder]

    def _from(self, path: Path | None) -> Config:
        known = self._by_file.get(path)
        if known is None:
            config = read(shown(path)) if path is not None else Config()
            known = self._by_file[path] = self._changed(config)
        return known

    def _without(self, config: Config, codes: frozenset[str]) -> Config:
        """One object for all files of the same settings: they are handed to workers once."""
        key = (config.path, codes)
        if key not in self._reduced:
            self._reduced[key] = replace(config, select=config.select - codes) if codes else config
        return self._reduced[key]

    def _changed(self, config: Config) -> Config:
        changes, given = self._changes, self._request.settings
        values: dict[str, Any] = {
            (name := _FIELDS.get(key, key.replace("-", "_"))): getattr(changes, name)
            for key in given
            if key not in ("select", "ignore")
        }
        if "select" in given:
            values["select"] = changes.select
        elif "ignore" in given:
            values["select"] = config.select & changes.select
        values["include_tests"] = config.include_tests or self._request.include_tests
        return replace(config, **values)


def _left_out(config: Config, filename: str) -> frozenset[str]:
    """The codes that ``per-file-ignores`` leaves out in a file."""
    path = relative(filename, config.root)
    codes: set[str] = set()
    for pattern, left_out in config.per_file_ignores:
        if matches((pattern.removeprefix("!"),), path) != pattern.startswith("!"):
            codes |= left_out
    return frozenset(codes)


def matches(patterns: tuple[str, ...], path: str) -> bool:
    """Does one of the patterns (as in ``.gitignore``) match a path? A folder ends with a slash."""
    return bool(patterns) and _compiled(patterns).match_file(path)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def relative(path: str, root: Path) -> str:
    """A path from ``root``, with slashes; one that lies elsewhere is its absolute path."""
    absolute = Path(os.path.abspath(path))  # `..` taken out, links not followed
    if absolute.is_relative_to(root):
        return absolute.relative_to(root).as_posix()
    return absolute.as_posix().lstrip("/")


def shown(path: Path) -> Path:
    """A path as it is printed: from the working folder if it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


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
