"""MCP ``tools/list`` results → declarations.

Annotations and their defaults: Model Context Protocol specification, *Tools* and the schema's
``ToolAnnotations``: ``readOnlyHint`` false, ``destructiveHint`` true, ``idempotentHint`` false,
``openWorldHint`` true. Hints are claims by the server's author; whoever hands the listing in
trusts them (contract §8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from .catalog import Entry, Template, VocabularyError
from .model import WORLD


def mcp_entries(listing: Mapping[str, Any], where: str) -> list[Entry]:
    """Entries ``mcp:TOOL`` for each tool of a listing (a result, or a whole JSON-RPC response).

    Raises VocabularyError if it is not a listing.
    """
    body = listing.get("result", listing)
    tools = cast("Mapping[str, Any]", body).get("tools") if isinstance(body, Mapping) else None
    if not isinstance(tools, list):
        raise VocabularyError(f"{where}: not an MCP tools/list result: no list `tools` in it")
    entries: list[Entry] = []
    for i, tool in enumerate(cast("list[Any]", tools), 1):
        name = tool.get("name") if isinstance(tool, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(name, str):
            raise VocabularyError(f"{where}: tool #{i} has no name")
        hints = cast("Mapping[str, Any]", tool.get("annotations") or {})  # pyright: ignore[reportUnknownMemberType]
        entries.append(_entry(name, hints, where))
        entries.append(_entry(name, hints, where, bare=True))
    return entries


def _entry(name: str, hints: Mapping[str, Any], where: str, *, bare: bool = False) -> Entry:
    reads_only = hints.get("readOnlyHint", hints.get("read_only_hint", False)) is True
    open_world = hints.get("openWorldHint", hints.get("open_world_hint", True)) is not False
    server = Template("mcp", ())
    writes = () if reads_only else (server, Template(WORLD, ())) if open_world else (server,)
    return Entry(
        match=name if bare else f"mcp:{name}",
        origin=f"{where}: hints of `{name}`",
        reads=(server,),
        writes=writes,
        returns="fresh",
        is_async=True,
    )
