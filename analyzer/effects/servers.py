"""Which server an MCP session speaks to, and what that server's manifest says of a tool."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..ir import Call, Value
from .catalog import Entry
from .makers import makers

if TYPE_CHECKING:
    from ..resolve import Resolver

_PROTOCOL = "mcp:"


def tool_of(resolver: Resolver, name: str, call: Call) -> Entry | None:
    """The entry of the tool ``mcp:TOOL`` that a call of a session runs, the strongest first.

    Where the server of the session is known, the manifests of other servers do not count.
    """
    server = server_of(resolver, call.receiver) if call.receiver is not None else ""
    tool = name.removeprefix(_PROTOCOL)
    own = f"{_PROTOCOL}{server}:{tool}" if server and name.startswith(_PROTOCOL) else ""
    listed = resolver.servers.listed if resolver.servers is not None else frozenset[str]()
    for catalog in resolver.sources:
        for wanted in filter(None, (own, name)):
            for entry in catalog.find(wanted):
                if wanted == name and entry.server and server in listed:
                    continue
                return entry
    return None


def server_of(resolver: Resolver, session: Value) -> str:
    """The server that a session speaks to, "" if that is not known.

    By the qualified name of its variable (`sessions` in the configuration), or by the literal
    command or address of the transport that it was opened with.
    """
    servers = resolver.servers
    if not servers or session.place is None:
        return ""
    name = resolver.place_name(session.place)
    for pattern, server in servers.sessions:
        if fnmatchcase(name, pattern):
            return server
    found = {
        server
        for words in _openings(resolver, session)
        for started, server in servers.started
        if started in (words, words[:1])
    }
    return found.pop() if len(found) == 1 else ""


def _openings(resolver: Resolver, session: Value) -> Iterator[tuple[str, ...]]:
    """The literal texts, in order, of each call that had a hand in making a session."""
    for call in makers(resolver.module, session):
        given = [a.value for a in call.arguments if a.keyword in (None, "command", "args", "url")]
        words = [v for item in given for v in ([item, *item.held] if item.fresh else [item])]
        texts = tuple(v.literal for v in words if isinstance(v.literal, str))
        if texts:
            yield texts
