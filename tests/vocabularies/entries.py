"""The names that a vocabulary writes down, with what it says of each that source can confirm."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

CATALOG = Path(__file__).resolve().parents[2] / "analyzer" / "effects" / "catalog"


@dataclass(frozen=True, slots=True)
class Row:
    """One name of one entry."""

    place: str  # table and number
    name: str
    params: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()  # the names of the same entry
    awaited: bool | None = None  # None: not said
    refused: tuple[str, ...] = ()  # parameters that make the call unknown
    bases: tuple[str, ...] = ()  # parameters that claims rest on
    releases: SpecifierSet | None = None  # the ones that have the name; None: all


@dataclass(frozen=True, slots=True)
class Vocabulary:
    file: str
    distribution: str  # empty for the standard library
    versions: SpecifierSet
    also: tuple[Requirement, ...]
    rows: tuple[Row, ...]


def vocabularies(folder: Path = CATALOG, only: Collection[str] = ()) -> list[Vocabulary]:
    """The vocabularies of a folder (or of these names) whose names are names of Python.

    Raises ``ValueError``, which names the file, for what cannot be read.
    """
    paths = sorted(folder.glob("*.toml"))
    found = [vocabulary(path) for path in paths if not only or path.stem in only]
    return [v for v in found if v.rows]


def vocabulary(path: Path) -> Vocabulary:
    """One file. Raises ``ValueError``, which names it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        head = data.get("vocabulary", {})
        return Vocabulary(
            path.name,
            head.get("distribution", ""),
            SpecifierSet(head.get("versions", "")),
            tuple(Requirement(text) for text in head.get("also", ())),
            tuple(_rows(data, _only(head.get("releases", {})))),
        )
    except ValueError as error:  # of tomllib and packaging too
        raise ValueError(f"{path.name}: {error}") from error


def _only(table: Mapping[str, str]) -> dict[str, SpecifierSet]:
    return {name: SpecifierSet(text) for name, text in table.items()}


def _rows(data: Mapping[str, Any], only: Mapping[str, SpecifierSet]) -> Iterator[Row]:
    used: set[str] = set()
    for row in _all_rows(data):
        parts = bare(row.name).split(".")
        above = [".".join(parts[:i]) for i in range(1, len(parts) + 1)]
        found = [name for name in above if name in only]
        used.update(found)
        releases = row.releases
        for name in found:
            releases = only[name] if releases is None else releases & only[name]
        yield replace(row, releases=releases)
    if set(only) - used:
        raise ValueError(f"[vocabulary.releases]: no entry is about {min(set(only) - used)}")


def bare(name: str) -> str:
    """A name without the brackets of calls."""
    return re.sub(r"\([^()]*\)", "", name)


def _all_rows(data: Mapping[str, Any]) -> Iterator[Row]:
    for i, table in enumerate(data.get("types", ()), 1):
        names = [table["name"], *table.get("aliases", ())]
        yield from _named(f"types #{i}", names, table)
    for i, table in enumerate(data.get("calls", ()), 1):
        match = table["match"]
        names = [match] if isinstance(match, str) else cast("list[str]", match)
        names = [name for name in names if _is_python(name)]
        # a barrier waits for nothing to be told of it
        vague = table.get("awaitable") or (table.get("barrier") and not table.get("async"))
        awaited = None if vague else bool(table.get("async"))
        params = tuple(table.get("params", ()))
        yield from _named(f"calls #{i}", names, table, params, awaited, tuple(_bases(table)))
    for i, table in enumerate(data.get("decorators", ()), 1):
        yield from _named(f"decorators #{i}", table["match"], table)


def _bases(table: Mapping[str, Any]) -> Iterator[str]:
    """Parameters of which it matters whether, and with what, they are handed in."""
    yield from table.get("unknown_if", ())
    yield from (name for name, values in table.get("when", {}).items() if "" in values)
    for key in ("calls", "iterates", "plain_args", "defaults"):
        yield from table.get(key, ())
    yield table.get("permit", "self")
    for template in (*table.get("reads", ()), *table.get("writes", ())):
        yield from re.findall(r"{([^{}|.]+)", template)


def _is_python(name: str) -> bool:
    """Tools of agents have names without a module, and patterns name no single thing."""
    return "." in name and not set(name) & set("*?[:")


def _named(
    place: str,
    names: list[str],
    table: Mapping[str, Any],
    params: tuple[str, ...] = (),
    awaited: bool | None = None,
    bases: tuple[str, ...] = (),
) -> Iterator[Row]:
    refused = tuple(table.get("unknown_if", ()))
    only = SpecifierSet(table["releases"]) if "releases" in table else None
    for name in names:
        yield Row(place, name, params, tuple(names), awaited, refused, bases, only)
