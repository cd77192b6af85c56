"""In which releases the names exist that some release lacks: lines for `[vocabulary.releases]`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from packaging.version import Version

from .check import release_at
from .entries import Vocabulary, bare
from .releases import admitted
from .trail import Found, follow


def proposal(vocabulary: Vocabulary, cache: Path) -> list[str]:
    """A line for each name, or part of a name, that comes or goes between the oldest and the
    newest release. Halving finds the release where it does; a name that does so twice is not
    seen to. Raises ``Unreachable``."""
    every = admitted(vocabulary.distribution, vocabulary.versions)
    worlds: dict[Version, set[str]] = {}
    parts = _parts(row.name for row in vocabulary.rows)

    def there(version: Version) -> set[str]:
        if version not in worlds:
            world = release_at(vocabulary, version, cache).world
            found = ((name, follow(world, name)) for name in parts)
            worlds[version] = {n for n, f in found if isinstance(f, Found) and not f.outside}
        return worlds[version]

    lines: dict[str, str] = {}
    for name in parts:
        first, last = name in there(every[0]), name in there(every[-1])
        above = name
        while "." in above and above not in lines:
            above = above.rpartition(".")[0]
        if first != last and above not in lines:
            low, high = 0, len(every) - 1
            while high - low > 1:
                middle = (low + high) // 2
                same = (name in there(every[middle])) == first
                low, high = (middle, high) if same else (low, middle)
            lines[name] = f'"{name}" = "{"<" if first else ">="}{every[high]}"'
    return list(lines.values())


def _parts(names: Iterable[str]) -> list[str]:
    """The names and all that they begin with, shorter ones first."""
    found: set[str] = set()
    for name in names:
        words = bare(name).split(".")
        found.update(".".join(words[:i]) for i in range(1, len(words) + 1))
    return sorted(found)
