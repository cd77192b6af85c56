"""What a configuration takes from other files: manifests, vocabularies, another configuration."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .effects.catalog import Catalog, build, builtin_catalog, merged, parse_vocabulary
from .effects.manifests import Manifest, joined, read_manifest
from .errors import ConfigError, VocabularyError


@dataclass(frozen=True, slots=True)
class Servers:
    """Which MCP server a handle speaks to: by the name of its variable, or by how it was opened.

    ``sessions``: patterns of qualified names; ``started``: the words of a command, or an address.
    """

    sessions: tuple[tuple[str, str], ...] = ()
    started: tuple[tuple[tuple[str, ...], str], ...] = ()
    listed: frozenset[str] = frozenset()  # servers that a manifest lists the tools of

    def __bool__(self) -> bool:
        return bool(self.sessions or self.started)


def manifests_of(value: object, where: str, folder: Path) -> tuple[Manifest, ...]:
    """``manifests``: paths, or tables ``{file = …, client = …}``. Raises ConfigError."""
    if not isinstance(value, list):
        raise ConfigError(f'{where} must be a list of files, such as ["tools.json"]')
    found: list[Manifest] = []
    for item in cast("list[Any]", value):
        table = cast("Mapping[str, Any]", {"file": item} if isinstance(item, str) else item)
        if not isinstance(item, (str, dict)) or not {"file"} <= set(table) <= {"file", "client"}:
            raise ConfigError(
                f'{where}: {item!r} is neither a file nor {{file = "openapi.yaml", client = "…"}}'
            )
        path = folder / str(table["file"])
        try:
            found += read_manifest(path, _shown(path), str(table.get("client", "")))
        except VocabularyError as error:
            raise ConfigError(f"{where}: {error}") from None
    return tuple(found)


def catalog_of(manifests: tuple[Manifest, ...]) -> Catalog:
    """The declarations that manifests make."""
    return build(joined(manifests))


def servers_of(manifests: tuple[Manifest, ...], sessions: Mapping[str, str]) -> Servers:
    """How handles and servers belong together."""
    return Servers(
        tuple(sessions.items()),
        tuple((m.started, m.server) for m in manifests if m.server and m.started),
        frozenset(m.server for m in manifests if m.server),
    )


def sessions_of(value: object, where: str) -> dict[str, str]:
    """``sessions``: qualified names of handles → the server they speak to. Raises ConfigError."""
    table = cast("dict[str, Any]", value) if isinstance(value, dict) else None
    if table is None or not all(isinstance(v, str) and v for v in table.values()):
        raise ConfigError(f'{where} must be a table, such as {{"app.agent.session" = "office"}}')
    return cast("dict[str, str]", table)


def vocabularies_of(value: object, where: str, folder: Path) -> Catalog | None:
    """``vocabularies``: data files, ``package:file.toml`` or paths, into one catalog.

    A package is located, not imported. Raises ConfigError.
    """
    words = cast("list[Any]", value) if isinstance(value, list) else None
    if words is None or not all(isinstance(word, str) for word in words):
        raise ConfigError(f'{where} must be a list of files, such as ["acme_sdk:pexec.toml"]')
    found: Catalog | None = None
    for word in cast("list[str]", words):
        path = _located(word, where, folder)
        try:
            content = path.read_text(encoding="utf-8")
            entries, types, decorators = parse_vocabulary(content, word)
        except OSError as error:
            raise ConfigError(f"{where}: {word}: {error.strerror or error}") from None
        except VocabularyError as error:
            raise ConfigError(str(error)) from None
        except (ValueError, KeyError) as error:
            raise ConfigError(f"{where}: {word}: not a valid vocabulary: {error}") from None
        catalog = build(entries, types, decorators)
        found = catalog if found is None else merged(found, catalog)
    return found


def _located(word: str, where: str, folder: Path) -> Path:
    package, colon, name = word.partition(":")
    if not colon or len(package) == 1:  # a path, perhaps with the letter of a drive
        return folder / word
    top, *inner = package.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    for place in places:
        path = Path(place, *inner, name)
        if path.is_file():
            return path
    if not places:
        cause = f"no package {top!r} is installed beside pexec"
        way = "install it there; in pre-commit, list it under `additional_dependencies`"
    else:
        cause = f"the package {package!r} has no file {name!r}"
        way = "see which data files it installs"
    raise ConfigError(f"{where}: {word}: {cause} ({way})")


_LIBRARIES: dict[int, tuple[Catalog, Catalog]] = {}


def library(vocabularies: Catalog | None) -> Catalog:
    """The vocabularies of the project before those that ship with pexec."""
    if vocabularies is None:
        return builtin_catalog()
    known = _LIBRARIES.get(id(vocabularies))
    if known is None:
        both = merged(vocabularies, builtin_catalog())
        known = _LIBRARIES[id(vocabularies)] = (vocabularies, both)  # keeps the number taken
    return known[1]


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
