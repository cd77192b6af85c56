"""Every name of a vocabulary, looked up in the releases that it speaks of."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from .entries import Row, Vocabulary
from .releases import admitted, folders, requires
from .signatures import NOT_YET, is_awaited, is_coroutine, misfit, signatures
from .source import World
from .trail import Found, Lost, follow
from .values import Live


@dataclass(frozen=True, slots=True)
class Part:
    """A distribution of a release, and where its modules lie."""

    name: str
    version: Version
    roots: tuple[Path, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Release:
    """What is looked at together: the vocabulary's distribution stands first, if it has one."""

    parts: tuple[Part, ...]
    world: World
    main: bool = True

    def owner(self, name: str) -> Part:
        """The distribution whose version says whether the name is to be expected."""
        top = name.partition(".")[0]
        for part in self.parts[:1] if self.main else self.parts:
            if self.main or any(
                (root / top).is_dir() or any(root.glob(f"{top}.*")) for root in part.roots
            ):
                return part
        return running()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as a vocabulary says; ``releases`` are those in which it is so."""

    file: str
    place: str
    name: str
    what: str
    releases: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.place}: {self.name}: in {' and '.join(self.releases)}: {self.what}"
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """``unseen`` are names of which no more is known than that they are there."""

    problems: tuple[Problem, ...]
    unseen: tuple[Problem, ...]
    names: int


def running() -> Part:
    """The standard library that runs this."""
    return Part("Python", Version(platform.python_version()), ())


def releases_of(vocabulary: Vocabulary, cache: Path, newest: bool = False) -> list[Release]:
    """The oldest and the newest release that the vocabulary admits (or only the newest), and one
    for each entry whose own `releases` lie between. Raises ``Unreachable``."""
    if not vocabulary.distribution:
        if not vocabulary.also:
            return [Release((running(),), World())]
        ends = (
            (False,) if newest or not any(r.specifier for r in vocabulary.also) else (True, False)
        )
        return [_release(_others(vocabulary, old, None, cache), False) for old in ends]
    found = admitted(vocabulary.distribution, vocabulary.versions)
    wanted = {found[-1]} if newest else {found[0], found[-1]}
    for only in {str(row.releases) for row in vocabulary.rows if row.releases is not None}:
        within = [v for v in found if v in SpecifierSet(only)]
        if within and not newest and not wanted & set(within):
            wanted.add(within[-1])
    return [release_at(vocabulary, version, cache) for version in sorted(wanted)]


def release_at(vocabulary: Vocabulary, version: Version, cache: Path) -> Release:
    """One release of the vocabulary's distribution, with what it needs of `also`."""
    name = vocabulary.distribution
    main = Part(name, version, folders(name, version, cache))
    old = version == admitted(name, vocabulary.versions)[0]
    return _release((main, *_others(vocabulary, old, main, cache)), True)


def _release(parts: tuple[Part, ...], main: bool) -> Release:
    return Release(parts, World(tuple(root for part in parts for root in part.roots)), main)


def _others(vocabulary: Vocabulary, old: bool, main: Part | None, cache: Path) -> tuple[Part, ...]:
    parts: list[Part] = []
    for other in vocabulary.also:
        wanted = other.specifier
        if main is not None:
            asked = requires(main.name, main.version, other.name, cache)
            if asked is None and not wanted:
                continue  # this release does without it
            wanted &= asked or SpecifierSet()
        found = admitted(other.name, wanted)
        version = found[0] if old and other.specifier else found[-1]
        parts.append(Part(other.name, version, folders(other.name, version, cache)))
    return tuple(parts)


def check(vocabulary: Vocabulary, releases: Iterable[Release]) -> Outcome:
    """All names of the vocabulary in these releases; what is so in several is said once."""
    problems: dict[tuple[str, str], Problem] = {}
    unseen: dict[tuple[str, str], Problem] = {}
    ordered = list(releases)
    for i, release in enumerate(ordered):
        for row in vocabulary.rows:
            label = str(release.owner(row.name))
            for what, wrong in _judge(row, release):
                later = ordered[i + 1 :]
                if what.startswith(NOT_YET) and later and not any(_judge(row, later[-1])):
                    continue
                place = problems if wrong else unseen
                old = place.get((row.name, what))
                where = old.releases if old else ()
                if label not in where:
                    place[row.name, what] = Problem(
                        vocabulary.file, old.place if old else row.place, row.name, what,
                        (*where, label),
                    )  # fmt: skip
    names = len({row.name for row in vocabulary.rows})
    return Outcome(tuple(problems.values()), tuple(unseen.values()), names)


def _judge(row: Row, release: Release) -> Iterator[tuple[str, bool]]:
    """What is wrong (true) or cannot be told (false) of one name in one release."""
    due = row.releases is None or row.releases.contains(
        release.owner(row.name).version, prereleases=True
    )
    found = follow(release.world, row.name)
    if not due:
        if isinstance(found, Found) and not found.outside:
            yield f"it is there, although the entry has releases = {str(row.releases)!r}", True
        return
    if isinstance(found, Lost):
        yield _lost(found), True
        return
    if found.outside:
        yield f"leads to {found.outside}, whose distribution is not named in `also`", True
        return
    if found.why:
        yield f"not seen: {found.why}", False
        return
    yield from _judge_call(row, found, release.world)


def _lost(lost: Lost) -> str:
    if not lost.reached:
        return f"no module {lost.word!r}"
    near = f"; nearest: {lost.nearest}" if lost.nearest else ""
    return f"nothing called {lost.word!r} in {lost.reached}{near}"


def _judge_call(row: Row, found: Found, world: World) -> Iterator[tuple[str, bool]]:
    if row.params:
        yield from _judge_parameters(row, found, world)
    if row.bases:
        yield from _judge_bases(row, found, world)
    if row.awaited is not None:
        verdicts = {is_awaited(world, value) for value in found.seen}
        if row.awaited and verdicts == {False}:
            yield "the entry has async = true, but a call of it is not awaited", True
        elif row.awaited and verdicts == {None}:
            yield "not seen: whether a call of it is awaited", False
        elif not row.awaited and all(is_coroutine(value) for value in found.seen):
            yield "it is an `async def`, but the entry does not have async = true", True


def _judge_parameters(row: Row, found: Found, world: World) -> Iterator[tuple[str, bool]]:
    by_value = {value: signatures(world, value) for value in found.seen}
    silent = any(isinstance(value, Live) and not some for value, some in by_value.items())
    known = [s for some in by_value.values() for s in some]
    siblings = _siblings(row, world)
    misfits = [misfit(row.params, s, siblings or frozenset(), row.refused) for s in known]
    unclear = siblings is None and any(text.startswith(NOT_YET) for text in misfits)
    if not known or (all(misfits) and (silent or unclear)):
        yield "not seen: its parameters", False
    elif all(misfits):
        yield misfits[-1], True


def _judge_bases(row: Row, found: Found, world: World) -> Iterator[tuple[str, bool]]:
    """Parameters that a call may hand in by position, where `params` does not look for them."""
    counted = max(len(row.params), 1) if row.refused else None  # more of them: unknown
    known = [s for value in found.seen for s in signatures(world, value)]
    for name in dict.fromkeys(row.bases):
        if any(name in s.positional[len(row.params) : counted] for s in known):
            yield f"{name!r} may be handed in by position, but is not in `params`", True


def _siblings(row: Row, world: World) -> frozenset[str] | None:
    """The parameters of the other functions of the same entry; ``None`` if some are not seen."""
    names: set[str] = set()
    for other in row.siblings:
        found = follow(world, other) if other != row.name else Lost("", "", "")
        if isinstance(found, Found):
            all_of_it = [s for value in found.seen for s in signatures(world, value)]
            if not all_of_it:
                return None
            for signature in all_of_it:
                names.update(signature.positional, signature.keywords)
    return frozenset(names)
