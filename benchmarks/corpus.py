"""Released packages as source: download, unpack, copy. Nothing of them is imported or run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

PINS = Path(__file__).with_name("corpus.toml")
SETTINGS = "pexec.toml"


@dataclass(frozen=True, slots=True)
class Package:
    """A release on the package index."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version}"


def default_cache() -> Path:
    """Where downloads are kept: the user's cache folder (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pexec-benchmarks"


#: The option of every script that reads packages.
cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=default_cache,
    help="Folder for downloads, outside the repository.",
)


def sets() -> list[str]:
    """The names of the sets in the data file."""
    return sorted(_pins()["sets"])


def packages_of(name: str) -> list[Package]:
    """The packages of one set."""
    return [package(member) for member in _pins()["sets"][name]]


def package(name: str) -> Package:
    """One package by its name on the index. Raises click.ClickException if it is not pinned."""
    pins = _pins()["packages"]
    if name not in pins:
        raise click.ClickException(f"{PINS.name} pins no package {name!r}; add it to [packages]")
    return Package(name, pins[name])


def _pins() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(PINS.read_text(encoding="utf-8"))


def fetch(wanted: Package, cache: Path) -> Path:
    """The folder with the package's unpacked release; it is downloaded once.

    Raises click.ClickException if it cannot be had.
    """
    folder = cache / "source" / str(wanted)
    if folder.is_dir():
        return folder
    archive = _archive(wanted, cache)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as partial:
        unpacked = Path(partial) / "unpacked"
        if archive.suffix in (".whl", ".zip"):
            shutil.unpack_archive(archive, unpacked, "zip")
        else:
            shutil.unpack_archive(archive, unpacked, filter="data")
        unpacked.rename(folder)  # as a whole or not at all
    return folder


def _archive(wanted: Package, cache: Path) -> Path:
    """The downloaded file. A source archive that lies there is taken, but only wheels are fetched:
    to get a source archive, pip would run the package's own build code."""
    place = cache / "archives" / str(wanted)
    found = [path for path in place.glob("*") if path.is_file()] if place.is_dir() else []
    if not found:
        place.mkdir(parents=True, exist_ok=True)
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
            *("--dest", str(place), wanted.pin),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = [path for path in place.glob("*") if path.is_file()]
        if done.returncode or not found:
            cause = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
            raise click.ClickException(f"cannot download {wanted.pin}: {cause}")
    return found[0]


@contextmanager
def copy_of(wanted: Package, cache: Path, settings: str = "") -> Iterator[Path]:
    """A throw-away copy of the unpacked release, with ``settings`` as its configuration file."""
    source = fetch(wanted, cache)
    with tempfile.TemporaryDirectory(prefix="pexec-") as place:
        folder = Path(place).resolve() / str(wanted)
        shutil.copytree(source, folder)
        (folder / SETTINGS).write_text(settings, encoding="utf-8")
        yield folder
