"""Which files are meant by the paths of a command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from .config import Config
from .files import STDIN, Target
from .ignores import Ignores, ignores_of
from .settings import matches, relative

_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages"})
_PLAIN: dict[tuple[str, ...], str | tuple[str, ...]] = {
    ("*.py", "*.ipynb"): (".py", ".ipynb"),
    ("*.py",): ".py",
}

#: The settings that hold for the files of a folder.
FolderConfig = Callable[[str], Config]


@dataclass(slots=True)
class Found:
    """The files, and (path, cause) of paths that mean nothing."""

    targets: list[Target] = field(default_factory=list[Target])
    missing: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def find(
    paths: Iterable[str],
    config_of: FolderConfig,
    *,
    force_exclude: bool = False,
    stdin_filename: str | None = None,
) -> Found:
    """The files that ``paths`` mean, each once (by its real path), in the order given.

    A file is taken whatever it is called; of a folder, in name order, what ``include`` says (by
    default ``*.py`` and ``*.ipynb``), without hidden folders, virtual environments
    (``pyvenv.cfg``, PEP 405), ``__pycache__``, ``node_modules``, ``site-packages``, what git
    ignores and what ``extend-exclude`` says. A folder that is named is itself never left out, nor
    is a named file, unless ``force_exclude``; standard input then goes by its name, and is handed
    on as it is.
    Links to folders are not followed while walking.
    """
    walk = _Walk(config_of, Found())
    found: dict[str, Target] = {}
    for path in paths:
        if path == STDIN:
            name = stdin_filename if force_exclude else None
            left_out = name is not None and walk.left_out_by_name(name)
            found.setdefault(STDIN, Target(STDIN, True, left_out))
        elif os.path.isdir(path):
            if force_exclude and walk.left_out_by_name(path):
                continue
            for name in walk.files(path):
                real = os.path.realpath(name)
                known = found.get(real)
                if known is None or (os.path.islink(known.filename) and not known.named):
                    found[real] = Target(name, False)
        elif os.path.exists(path):
            if force_exclude and walk.left_out_by_name(path):
                continue
            real = os.path.realpath(path)
            known = found.get(real)
            found[real] = Target(known.filename if known else path, True)
        else:
            broken = os.path.lexists(path)
            walk.found.missing.append((path, "broken link" if broken else "no such file or folder"))
    walk.found.targets = list(found.values())
    return walk.found


def files_below(folder: str, config_of: FolderConfig) -> Iterator[str]:
    """The files that are looked at below a folder, in name order."""
    return _Walk(config_of, Found()).files(folder)


class _Walk:
    """Walks folders under their settings."""

    def __init__(self, config_of: FolderConfig, found: Found) -> None:
        self.config_of = config_of
        self.found = found

    def files(self, folder: str) -> Iterator[str]:
        """The files below a folder that are looked at, in name order."""
        config = self.config_of(folder)
        ignores = ignores_of(folder) if config.respect_gitignore else Ignores()
        yield from self._files(folder, os.path.realpath(folder), ignores, folder == ".")

    def _files(self, folder: str, real: str, ignores: Ignores, bare: bool) -> Iterator[str]:
        """``real`` is the folder without links, which the rules of git speak of."""
        try:
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.found.missing.append((folder, error.strerror or str(error)))
            return
        config = self.config_of(folder)
        inner: list[os.DirEntry[str]] = []
        for entry in ordered:
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry)
            elif self._taken(entry, real, config, ignores) and entry.is_file():
                yield os.path.normpath(entry.path) if bare else entry.path
        for entry in inner:
            place = os.path.join(real, entry.name)
            if _skipped(entry.path, entry.name):
                continue
            if self._excluded(entry.path, config, folder=True) or (
                ignores.ignored(place, folder=True)
            ):
                continue
            below = ignores.inside(place) if config.respect_gitignore else Ignores()
            yield from self._files(entry.path, place, below, bare)

    def _taken(self, entry: os.DirEntry[str], real: str, config: Config, ignores: Ignores) -> bool:
        plain = _PLAIN.get(config.include)
        if plain is not None:  # the usual case needs no pattern matching
            if not entry.name.endswith(plain):
                return False
        elif not matches(config.include, relative(entry.path, config.root)):
            return False
        return not (
            self._excluded(entry.path, config, folder=False)
            or ignores.ignored(os.path.join(real, entry.name), folder=False)
        )

    def _excluded(self, path: str, config: Config, *, folder: bool) -> bool:
        if not config.extend_exclude:
            return False
        inside = relative(path, config.root)
        return matches(config.extend_exclude, f"{inside}/" if folder else inside)

    def left_out_by_name(self, path: str) -> bool:
        """Would a walk from the settings' folder have left this file or folder out?"""
        folder = os.path.isdir(path)
        config = self.config_of(path if folder else os.path.dirname(path) or ".")
        inside = relative(path, config.root)
        if inside == os.path.abspath(path).replace(os.sep, "/").lstrip("/"):
            return self._excluded(path, config, folder=folder)  # not below the settings' folder
        steps = inside.split("/") if folder else inside.split("/")[:-1]
        place = str(config.root)
        for step in steps:  # a walk enters no folder that is left out, whatever is in it
            place = os.path.join(place, step)
            if step != "." and (
                _skipped(place, step) or self._excluded(place, config, folder=True)
            ):
                return True
        return self._excluded(path, config, folder=folder)


def _skipped(path: str, name: str) -> bool:
    return (
        name.startswith(".") or name in _SKIPPED or os.path.isfile(os.path.join(path, "pyvenv.cfg"))
    )
