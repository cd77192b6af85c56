"""``--write-manifest``: ask an MCP server once which tools it has, and write the manifest.

It starts a program, or speaks to a server, and only when it is told to.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import shlex
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

from .errors import ConfigError

_PATIENCE = 60.0  # seconds for a server to start and to answer
_NEEDS = "asking a server needs the MCP SDK: pip install 'pexec[mcp]'"


def write_manifest(filename: str, command: str | None, url: str | None) -> str:
    """Write what a server says of its tools; returns a line for people. Raises ConfigError."""
    if (command is None) == (url is None):
        raise ConfigError("--write-manifest needs one of --from-mcp COMMAND and --from-mcp-url URL")
    words = shlex.split(command) if command is not None else []
    if command is not None and not words:
        raise ConfigError("--from-mcp: the command is empty")
    asked = command or url
    try:
        name, tools = asyncio.run(asyncio.wait_for(_ask(words, url), _PATIENCE))
    except ImportError:
        raise ConfigError(_NEEDS) from None
    except TimeoutError:
        raise ConfigError(f"{asked}: no answer in {_PATIENCE:g} seconds") from None
    except Exception as error:  # what transports raise is theirs to choose
        raise ConfigError(f"{asked}: {_cause(error)}") from None
    manifest: dict[str, Any] = {"server": name}
    manifest |= {"command": words} if command is not None else {"url": url}
    manifest["tools"] = tools
    path = Path(filename)
    try:
        path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{filename}: {error.strerror or error}") from None
    return f"{filename}: {len(tools)} tools of {name!r}; name it under `manifests`"


def _cause(error: BaseException) -> str:
    inner = cast("tuple[BaseException, ...]", getattr(error, "exceptions", ()))
    return _cause(inner[0]) if inner else str(error) or type(error).__name__


async def _ask(words: list[str], url: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The name of a server, and name, title and annotations of each of its tools."""
    import mcp
    from mcp.client import stdio, streamable_http

    async with AsyncExitStack() as stack:
        if url is None:
            parameters = mcp.StdioServerParameters(
                command=words[0], args=words[1:], env=dict(os.environ)
            )
            streams = await stack.enter_async_context(stdio.stdio_client(parameters))
        else:
            connect: Any = getattr(streamable_http, "streamable_http_client", None)
            if connect is None:  # before 1.24 of the SDK
                connect = cast("Any", streamable_http).streamablehttp_client
            streams = await stack.enter_async_context(connect(url))
        session = await stack.enter_async_context(mcp.ClientSession(streams[0], streams[1]))
        started: Any = await session.initialize()
        info: Any = getattr(started, "server_info", None) or getattr(started, "serverInfo", None)
        name = str(getattr(info, "name", "") or "server")
        return name, await _tools(session)


async def _tools(session: Any) -> list[dict[str, Any]]:
    """All pages of a listing."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        page = (await _page(session, cursor)).model_dump(by_alias=True, exclude_none=True)
        found += [_kept(tool) for tool in page.get("tools", [])]
        cursor = page.get("nextCursor")
        if not cursor:
            return found
        if cursor in seen:
            raise ConfigError(f"the server answers with one page again and again ({cursor!r})")
        seen.add(cursor)


async def _page(session: Any, cursor: str | None) -> Any:
    if cursor is None:
        return await session.list_tools()
    if "cursor" in inspect.signature(session.list_tools).parameters:  # release 1 of the SDK
        return await session.list_tools(cursor=cursor)
    from mcp import types

    return await session.list_tools(params=types.PaginatedRequestParams(cursor=cursor))


def _kept(tool: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest needs: without descriptions and schemas, so that its history shows hints."""
    return {key: tool[key] for key in ("name", "title", "annotations") if tool.get(key)}
