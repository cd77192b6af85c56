"""Which stdio MCP servers answer several calls at once: what docs/configuration.md says of them.

A server on version 2 of the Python SDK runs synchronous tools in threads, one on version 1 on its
event loop: there four calls take four times as long as one, whoever asks. Both are measured.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

PAUSE = 0.25
CALLS = 4
#: The last release of version 1 that this was measured with.
V1 = "1.30.0"
SERVER = f"""
import asyncio
import time

try:
    from mcp.server.mcpserver import MCPServer as Server
except ImportError:
    from mcp.server.fastmcp import FastMCP as Server

server = Server("trial", log_level="ERROR")


@server.tool()
def blocks(number: int) -> str:
    start = time.monotonic()
    time.sleep({PAUSE})
    return f"{{start}} {{time.monotonic()}}"


@server.tool()
async def waits(number: int) -> str:
    start = time.monotonic()
    await asyncio.sleep({PAUSE})
    return f"{{start}} {{time.monotonic()}}"


server.run()
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds that a gather of calls took, and how many of them the server ran at once at most."""

    seconds: float
    at_once: int


@pytest.fixture(scope="session")
def version_1(request: pytest.FixtureRequest) -> Path:
    """A folder with version 1 of the SDK and what it needs; pip brings it once."""
    assert request.config.cache is not None
    python = f"{sys.version_info.major}{sys.version_info.minor}"
    folder = request.config.cache.mkdir(f"mcp-{V1}-py{python}")
    ready, begun = folder / "site", folder / "begun"
    if ready.is_dir():
        return ready
    shutil.rmtree(begun, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--target", str(begun), f"mcp=={V1}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        cause = next((x for x in done.stderr.splitlines() if x.startswith("ERROR")), "pip failed")
        words = f"not measured: mcp {V1} cannot be installed: {cause}"
        if os.environ.get("CI"):
            pytest.fail(words, pytrace=False)
        pytest.skip(words)
    begun.rename(ready)
    return ready


def measured(tool: str, folder: Path, path: Path | None = None) -> Run:
    """Four calls of a tool, gathered, of a server with the SDK in ``path`` or the installed one."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    script = folder / "server.py"
    script.write_text(SERVER, encoding="utf-8")
    env = {"PYTHONPATH": str(path)} if path else None
    started = StdioServerParameters(command=sys.executable, args=[str(script)], env=env)

    # Its default is the standard error of whenever it was imported: that of another test, perhaps.
    errlog = sys.__stderr__
    assert errlog is not None

    async def run() -> Run:
        async with stdio_client(started, errlog) as streams, ClientSession(*streams) as session:
            await session.initialize()
            begin = time.monotonic()
            answers = await asyncio.gather(
                *(session.call_tool(tool, {"number": i}) for i in range(CALLS))
            )
            seconds = time.monotonic() - begin
        spans = [tuple(map(float, answer.content[0].text.split())) for answer in answers]
        together = (sum(a <= start < b for a, b in spans) for start, _ in spans)
        return Run(seconds, max(together))

    return asyncio.run(run())


def test_version_2_runs_synchronous_tools_at_once(tmp_path: Path) -> None:
    run = measured("blocks", tmp_path)
    assert run.at_once == CALLS
    assert run.seconds < 0.75 * CALLS * PAUSE


def test_version_1_runs_synchronous_tools_one_at_a_time(tmp_path: Path, version_1: Path) -> None:
    run = measured("blocks", tmp_path, version_1)
    assert run.at_once == 1
    assert run.seconds >= CALLS * PAUSE


@pytest.mark.parametrize("old", [False, True], ids=["version-2", "version-1"])
def test_asynchronous_tools_run_at_once(
    tmp_path: Path, old: bool, request: pytest.FixtureRequest
) -> None:
    run = measured("waits", tmp_path, request.getfixturevalue("version_1") if old else None)
    assert run.at_once == CALLS
    assert run.seconds < 0.75 * CALLS * PAUSE
