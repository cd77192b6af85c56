"""What the decorators of tools say of the project's own functions."""

from __future__ import annotations

import pytest
from pexec.codemods import parallelize

MCP = """\
import elsewhere
from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

server = FastMCP("office")
READS = ToolAnnotations(readOnlyHint=True)


@server.tool({first})
async def find(name: str) -> str:
    return await elsewhere.find(name)


@server.tool({second})
async def look(name: str) -> str:
    return await elsewhere.look(name)


async def both(name: str) -> list[str]:
    one = await find(name)
    two = await look(name)
    return [one, two]
"""


@pytest.mark.parametrize(
    "hints",
    [
        "annotations=READS",
        "annotations=ToolAnnotations(readOnlyHint=True)",
        'annotations={"readOnlyHint": True}',
        'description="finds", annotations=READS',
    ],
)
def test_tools_that_only_read_run_together(hints: str) -> None:
    assert parallelize(MCP.format(first=hints, second=hints)).changed


@pytest.mark.parametrize(
    "hints",
    [
        "",
        "annotations=ToolAnnotations(readOnlyHint=False)",
        'annotations={"destructiveHint": False}',
        "annotations=elsewhere.READS",
        "annotations=ToolAnnotations(idempotentHint=True)",
    ],
)
def test_no_hint_is_no_claim(hints: str) -> None:
    assert not parallelize(MCP.format(first="annotations=READS", second=hints)).changed


def test_the_name_is_that_of_the_import() -> None:
    text = MCP.format(first="annotations=READS", second="annotations=READS")
    assert not parallelize(text.replace("mcp.server.fastmcp", "other.server")).changed


ALONE = """\
from pydantic_ai import Agent

agent = Agent("m")


@agent.tool_plain{first}
async def find(name: str) -> str:
    return await ask(name)


@agent.tool_plain{second}
async def look(name: str) -> str:
    return await ask(name)


async def both(name: str) -> list[str]:
    one = await find(name)
    two = await look(name)
    return [one, two]
"""
ASK = [{"match": "ask", "reads": ["web"], "returns": "fresh", "latency-ms": 100}]


@pytest.mark.parametrize(
    ("options", "together"),
    [
        ("", True),
        ("(retries=2)", True),
        ("(sequential=False)", True),
        ("(sequential=True)", False),
        ("(sequential=careful)", False),
        ("(requires_approval=True)", False),
    ],
)
def test_a_tool_that_is_declared_sequential_is_a_barrier(options: str, together: bool) -> None:
    found = parallelize(ALONE.format(first="", second=options), tools=ASK)
    assert found.changed is together
    if not together:
        assert "is declared" in found.blocked[-1].words
