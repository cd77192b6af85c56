"""Releases on the package index, unpacked but neither built nor imported."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from benchmarks.corpus import Package, fetch

PIP = (sys.executable, "-m", "pip")
QUIET = ("--quiet", "--disable-pip-version-check")


class Unreachable(click.ClickException):
    """The package index does not answer, or does not have what is asked for."""


@cache
def versions(name: str) -> tuple[Version, ...]:
    """All releases of a distribution for this Python, oldest first; pre-releases are left out.

    Raises :class:`Unreachable`.
    """
    command = [*PIP, "index", "versions", "--disable-pip-version-check", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        head, _, rest = line.partition(":")
        if head == "Available versions":
            return tuple(sorted(v for text in rest.split(",") for v in _release(text)))
    cause = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
    raise Unreachable(f"cannot list the releases of {name}: {cause}")


def _release(text: str) -> Iterator[Version]:
    """A version that is no pre-release; old ones need not be written as versions are today."""
    try:
        version = Version(text.strip())
    except InvalidVersion:
        return
    if not version.is_prerelease:
        yield version


def admitted(name: str, specifiers: SpecifierSet) -> tuple[Version, ...]:
    """The releases that the specifiers admit, oldest first. Raises :class:`Unreachable`."""
    found = tuple(v for v in versions(name) if v in specifiers)
    if not found:
        raise Unreachable(f"the index has no release of {name}{specifiers}")
    return found


def folders(name: str, version: Version, cache: Path) -> tuple[Path, ...]:
    """Where the modules of a release lie; it is downloaded once.

    Raises :class:`Unreachable` if it cannot be had.
    """
    wanted = Package(name, str(version))
    try:
        unpacked = fetch(wanted, cache)
    except click.ClickException as no_wheel:
        _source_archive(wanted, cache, no_wheel)
        unpacked = fetch(wanted, cache)
    parts = [unpacked, *unpacked.glob("*.data/purelib"), *unpacked.glob("*.data/platlib")]
    for below in unpacked.iterdir():
        if (below / "PKG-INFO").is_file():  # a source archive: one folder, often with a `src`
            parts += [below / "src", below / "lib", below]
    return tuple(part for part in parts if part.is_dir())


def requires(name: str, version: Version, other: str, cache: Path) -> SpecifierSet | None:
    """The releases of ``other`` that a release asks for itself, so that the two fit together;
    ``None`` if it does not ask for any."""
    for folder in folders(name, version, cache):
        for file in (*folder.glob("*.dist-info/METADATA"), folder / "PKG-INFO"):
            text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
            for line in text.splitlines():
                key, _, rest = line.partition(": ")
                if key == "Requires-Dist" and _same(Requirement(rest).name, other):
                    found = Requirement(rest)
                    if (
                        found.marker is None
                        or "extra" in str(found.marker)
                        or found.marker.evaluate()
                    ):
                        return found.specifier
    return None


def _same(one: str, other: str) -> bool:
    return one.lower().replace("_", "-") == other.lower().replace("_", "-")


def _source_archive(wanted: Package, cache: Path, no_wheel: click.ClickException) -> None:
    """Puts the source archive where ``fetch`` looks. pip asks the package's build code for its
    metadata on the way, but nothing is built of it or installed."""
    place = cache / "archives" / str(wanted)
    command = [
        *(*PIP, "download", *QUIET, "--no-deps", "--no-binary=:all:", "--dest", str(place)),
        wanted.pin,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not any(tarfile.is_tarfile(p) for p in place.glob("*.tar.*")):
        raise Unreachable(no_wheel.message)
