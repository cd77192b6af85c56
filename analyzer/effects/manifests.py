"""Manifests: what servers say of their tools and operations → declarations.

MCP ``tools/list`` results: annotations and their defaults are those of the Model Context Protocol
specification, *Tools* and the schema's ``ToolAnnotations``: ``readOnlyHint`` false,
``destructiveHint`` true, ``idempotentHint`` false, ``openWorldHint`` true. The revision of
2026-07-28 adds ``resultType``, ``ttlMs`` and ``cacheScope`` to results, and changes nothing here.
Hints are claims by the server's author; whoever lists the manifest trusts them (contract §8).

OpenAPI 3 documents: the method of an operation decides, on the server that the document names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ..errors import VocabularyError
from .catalog import Entry, Template
from .model import WORLD
from .selector import Literal, host_of, text

#: Methods that change nothing (RFC 9110, section 9.2.1).
_SAFE = frozenset({"get", "head", "options", "trace"})
_METHODS = _SAFE | {"put", "post", "delete", "patch"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file. ``server``: what the tools' server is called; ``started``: the command, or the
    address, by which a client gets to it."""

    entries: tuple[Entry, ...]
    server: str = ""
    started: tuple[str, ...] = ()


def read_manifest(path: Path, shown: str, client: str = "") -> list[Manifest]:
    """The manifests that a file holds. ``client``: the package of a generated OpenAPI client.

    Raises VocabularyError, which names the file, the cause and the way out.
    """
    data = _loaded(path, shown)
    if "openapi" in _table(data):
        return [Manifest(tuple(openapi_entries(_table(data), shown, client)))]
    if client:
        raise VocabularyError(f"{shown}: `client` is for OpenAPI documents, and this is none")
    servers = _table(_table(data).get("servers"))
    if servers:
        return [_of_server(listing, shown, name) for name, listing in servers.items()]
    return [_of_server(data, shown, "")]


def _loaded(path: Path, shown: str) -> Any:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise VocabularyError(f"{shown}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise VocabularyError(f"{shown}: no text in UTF-8: {error}") from None
    try:
        if path.suffix.lower() not in (".yaml", ".yml"):
            return json.loads(content)
        import yaml

        return yaml.safe_load(content)
    except ValueError as error:
        raise VocabularyError(f"{shown}: not valid JSON: {error}") from None
    except Exception as error:
        raise VocabularyError(f"{shown}: not valid YAML: {error}") from None


def _of_server(listing: object, shown: str, name: str) -> Manifest:
    pages = cast("list[object]", listing) if isinstance(listing, list) else [listing]
    first, last = _table(pages[0] if pages else None), _table(pages[-1] if pages else None)
    server = name or str(first.get("server") or "")
    started = first.get("command") or first.get("url") or ()
    words = (started,) if isinstance(started, str) else tuple(map(str, started))
    entries = [entry for page in pages for entry in mcp_entries(page, shown, server)]
    if _table(last.get("result", last)).get("nextCursor"):
        raise VocabularyError(
            f"{shown}: the listing goes on (`nextCursor`): put all its pages into a list, or have "
            "it written by `pexec-lint --write-manifest`"
        )
    return Manifest(tuple(entries), server, words)


def _table(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def mcp_entries(
    listing: object, where: str, server: str = "", *, bare: bool = False
) -> list[Entry]:
    """Entries ``mcp:TOOL`` for each tool of a listing (a result, or a whole JSON-RPC response).

    With ``server`` also ``mcp:SERVER:TOOL``; ``bare``: also for a function of the tool's name.
    Raises VocabularyError if it is not a listing.
    """
    tools = _table(_table(listing).get("result", listing)).get("tools")
    if not isinstance(tools, list):
        raise VocabularyError(
            f"{where}: neither an MCP tools/list result (there is no list `tools` in it) nor an "
            "OpenAPI 3 document"
        )
    entries: list[Entry] = []
    for i, tool in enumerate(cast("list[Any]", tools), 1):
        name = _table(tool).get("name")
        if not isinstance(name, str) or not name:
            raise VocabularyError(f"{where}: tool #{i} has no name")
        hints = _table(_table(tool).get("annotations"))
        found = _entry(name, hints, where, server)
        entries.append(found)
        if server:
            entries.append(replace(found, match=f"mcp:{server}:{_exact(name)}"))
        if bare and re.fullmatch(r"[^\W\d]\w*", name):  # `os.remove` is no function of that name
            entries.append(replace(found, match=name))
    return entries


def _entry(name: str, hints: Mapping[str, Any], where: str, server: str) -> Entry:
    reads_only = hints.get("readOnlyHint", hints.get("read_only_hint", False)) is True
    open_world = hints.get("openWorldHint", hints.get("open_world_hint", True)) is not False
    own = Template("mcp", (Literal(server),) if server else ())
    writes = () if reads_only else (own, Template(WORLD, ())) if open_world else (own,)
    return Entry(
        match=f"mcp:{_exact(name)}",
        origin=f"{where}: hints of `{name}`",
        reads=(own,),
        writes=writes,
        returns="fresh",
        is_async=True,
        server=server,
    )


def _exact(name: str) -> str:
    """A pattern that matches this very name."""
    return re.sub(r"([*?[])", r"[\1]", name)


def openapi_entries(document: Mapping[str, Any], where: str, client: str = "") -> list[Entry]:
    """Entries for the operations of an OpenAPI 3 document, as calls of a generated ``client``.

    A call of an operation is a function or method below the client's package whose name is its
    ``operationId``, as it stands or in snake case; or ``sync``, ``asyncio`` and kin in a module of
    that name. Without a client there are none: of a request to a literal address its method says
    the same. Raises VocabularyError.
    """
    if not str(document.get("openapi", "")).startswith("3."):
        raise VocabularyError(f"{where}: an OpenAPI document of version 3 is needed")
    paths = document.get("paths")
    if not isinstance(paths, Mapping):
        raise VocabularyError(f"{where}: no `paths` in the OpenAPI document")
    entries: list[Entry] = []
    for path, item in cast("Mapping[str, Any]", paths).items():
        for method, operation in _table(item).items():
            if method.lower() not in _METHODS:
                continue
            named = _table(operation).get("operationId")
            if client and isinstance(named, str):
                hosts = _hosts(_table(operation), _table(item), document)
                shown = f"{where}: {method.upper()} {path}"
                entries += _operation(named, method.lower() in _SAFE, hosts, shown, client)
    return entries


def _operation(
    named: str, safe: bool, hosts: Sequence[Template], where: str, client: str
) -> Iterable[Entry]:
    names = dict.fromkeys((re.sub(r"\W", "_", named), _snake(named)))
    for name in names:
        for match in (f"{client}.{name}", f"{client}.*.{name}", *(
            f"{client}.*.{name}.{word}"
            for word in ("sync", "sync_detailed", "asyncio", "asyncio_detailed")
        )):  # fmt: skip
            yield Entry(
                match=match,
                origin=where,
                reads=tuple(hosts),
                writes=() if safe else tuple(hosts),
                returns="fresh",
                is_async=match.rpartition(".")[2].startswith("asyncio"),
            )


def _hosts(*tables: Mapping[str, Any]) -> list[Template]:
    """The hosts of an operation's servers: its own, else those of its path, else the document's."""
    for table in tables:
        listed = cast("list[Any]", table.get("servers") or [])
        urls = [str(_table(server).get("url")) for server in listed]
        found = [host_of(text(url.replace("{", "*"))) for url in urls]
        if found:
            return [Template("http", host.parts if _whole(host.parts) else ()) for host in found]
    return [Template("http", ())]


def _whole(parts: Sequence[object]) -> bool:
    return len(parts) == 1 and isinstance(parts[0], Literal) and "*" not in parts[0].text


def _snake(name: str) -> str:
    """``getUserById`` → ``get_user_by_id``, as the generators of Python clients write it."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", spaced).lower()


def joined(manifests: Iterable[Manifest]) -> list[Entry]:
    """The entries of all manifests: of a tool that several servers have, each claim counts."""
    found: dict[str, Entry] = {}
    for manifest in manifests:
        for entry in manifest.entries:
            known = found.get(entry.match)
            if known is None or known == entry:
                found[entry.match] = entry
                continue
            origins = dict.fromkeys((*known.origin.split("; "), entry.origin))
            found[entry.match] = replace(
                known,
                origin="; ".join(origins),
                reads=tuple(dict.fromkeys((*known.reads, *entry.reads))),
                writes=tuple(dict.fromkeys((*known.writes, *entry.writes))),
                is_async=known.is_async and entry.is_async,
            )
    return list(found.values())
