"""What git ignores, from ``.gitignore`` files alone (gitignore(5)); git itself is not asked."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Ignores:
    """The rules that hold in one folder, outermost first: (folder they are relative to, rules).

    The user's own ``core.excludesFile`` is left out: what is checked must not depend on whose
    machine it is.
    """

    rules: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def ignored(self, path: str, *, folder: bool) -> bool:
        """Is an entry of this folder ignored? The innermost file with a matching rule decides."""
        for base, spec in reversed(self.rules):
            inside = os.path.relpath(path, base).replace(os.sep, "/")
            verdict = _verdict(spec, f"{inside}/" if folder else inside)
            if verdict is not None:
                return verdict
        return False

    def inside(self, folder: str) -> Ignores:
        """The rules in a folder below; a repository inside a repository begins anew."""
        rules = () if _is_repository(folder) else self.rules
        return Ignores((*rules, *_rules(folder)))


def ignores_of(folder: str) -> Ignores:
    """The rules in a folder that is named: its own, and of those above up to the repository's.

    If these ignore the very folder, only its own hold: who names it wants it looked at.
    """
    above: list[Path] = []
    place = Path(folder).resolve()
    while not _is_repository(str(place)):
        if place.parent == place:  # no repository: what lies above is somebody else's
            return Ignores(_rules(str(Path(folder).resolve())))
        above.append(place)
        place = place.parent
    rules = Ignores().inside(str(place))
    for step in reversed(above):
        if rules.ignored(str(step), folder=True):
            return Ignores(_rules(str(Path(folder).resolve())))
        rules = rules.inside(str(step))
    return rules


def _verdict(spec: GitIgnoreSpec, path: str) -> bool | None:
    """What the last pattern that matches the entry itself says; a folder ends with a slash.

    pathspec's own verdict also counts patterns that match a folder above. While walking that folder
    has been judged already, and `!sub/` must not take back what an earlier line says of `sub/x.py`.
    """
    for pattern in reversed(list(spec.patterns)):
        if pattern.include is None:
            continue
        found: Any = pattern.match_file(path)
        if found is not None and _of_the_entry(found.match, path):
            return pattern.include
    return None


def _of_the_entry(match: re.Match[str], path: str) -> bool:
    """pathspec names the slash after a folder that matched `ps_d`: is it the last one?"""
    if match.re.groupindex.get("ps_d") is None or match.group("ps_d") is None:
        return True
    return any(again.end() == len(path) for again in match.re.finditer(path))


def _is_repository(folder: str) -> bool:
    """``.git`` is a folder, or in a work tree or submodule a file."""
    return os.path.exists(os.path.join(folder, ".git"))


def _rules(folder: str) -> tuple[tuple[str, GitIgnoreSpec], ...]:
    found: list[tuple[str, GitIgnoreSpec]] = []
    for name in (os.path.join(".git", "info", "exclude"), ".gitignore"):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and not (name == ".gitignore" and os.path.islink(path)):
            lines = _lines(path)
            if lines:
                found.append((folder, _spec(lines)))
    return tuple(found)


def _lines(path: str) -> list[str]:
    """The lines of a file; one that cannot be read has none, as for git."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError:
        return []
    return [line for line in text.split("\n") if line.strip() and not line.startswith("#")]


def _spec(lines: list[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    good: list[str] = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except GitIgnorePatternError:  # git passes over what it does not understand
            continue
        good.append(line)
    return GitIgnoreSpec.from_lines(good)
