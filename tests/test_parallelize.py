"""The library call: what it takes, what it gives back, what it never does."""

from __future__ import annotations

from typing import Any

import pytest
from pexec.analyzer.config import ConfigError
from pexec.codemods import Rewrite, parallelize

SOURCE = "user = await get_user(id=7)\norders = await get_orders(id=7)\n"
TOOLS: list[dict[str, Any]] = [
    {"match": "get_user", "reads": ["crm:{id}"], "returns": "fresh"},
    {"match": "get_orders", "reads": ["orders:{id}"], "returns": "fresh"},
]


def test_a_code_mode_script_is_rewritten() -> None:
    result = parallelize(SOURCE, tools=TOOLS)
    assert isinstance(result, Rewrite)
    assert result.changed
    assert "orders_task = asyncio.ensure_future(get_orders(id=7))" in result.source
    assert [f.code for f in result.findings] == ["PX101"]
    assert not result.error


def test_a_script_handed_in_does_not_end_the_program() -> None:
    source = "import asyncio\n\nasync def main():\n"
    source += "".join(f"    {line}\n" for line in SOURCE.splitlines())
    result = parallelize(source + "\nasyncio.run(main())\n", tools=TOOLS, filename="main.py")
    assert [f.form for f in result.findings] == ["ordered"]


def test_unknown_tools_change_nothing_and_are_named() -> None:
    result = parallelize(SOURCE)
    assert result.source == SOURCE
    assert not result.changed
    assert {name for b in result.blocked for name, _ in b.undeclared} == {"get_user", "get_orders"}


@pytest.mark.parametrize("source", ["def f(:\n", "x = (\n", "\0", "async def f():\nreturn\n"])
def test_unparsable_input_is_said_and_returned(source: str) -> None:
    result = parallelize(source, tools=TOOLS)
    assert result.error
    assert result.source == source
    assert not result.changed


@pytest.mark.parametrize("wrap", [lambda listing: listing, lambda listing: {"result": listing}])
def test_an_mcp_listing_gives_the_tools(wrap: Any) -> None:
    hints = {"readOnlyHint": True, "openWorldHint": False}
    listing = {"tools": [{"name": n, "annotations": hints} for n in ("get_user", "get_orders")]}
    assert parallelize(SOURCE, tools=wrap(listing)).changed
    writes = {"tools": [{"name": n} for n in ("get_user", "get_orders")]}
    assert not parallelize(SOURCE, tools=wrap(writes)).changed


def test_two_declarations_that_differ_are_not_believed() -> None:
    result = parallelize(SOURCE, tools=[*TOOLS, {"match": "get_user", "writes": ["crm:{id}"]}])
    assert not result.changed
    assert "differ" in result.blocked[0].words


def test_a_parameter_that_does_not_exist_is_an_error() -> None:
    source = f"async def get_user(id): ...\nasync def main():\n    {SOURCE.splitlines()[0]}\n"
    source += f"    {SOURCE.splitlines()[1]}\n"
    tools = [{"match": "__main__.get_user", "reads": ["crm:{user}"]}, *TOOLS]
    with pytest.raises(ConfigError, match="no parameter `user`"):
        parallelize(source, tools=tools)


def test_wrong_settings_are_errors() -> None:
    with pytest.raises(ConfigError, match="min-gain-ms"):
        parallelize(SOURCE, config={"min-gain": 3})
    with pytest.raises(ConfigError, match="did you mean `reads`"):
        parallelize(SOURCE, tools=[{"match": "f", "raeds": ["a"]}])


def test_settings_are_used() -> None:
    assert not parallelize(SOURCE, tools=TOOLS, config={"min-gain-ms": 100_000}).changed
    function = "async def main():\n" + "".join(f"    {s}\n" for s in SOURCE.splitlines())
    first = parallelize(function, tools=TOOLS, config={"failures": "first"})
    assert "await asyncio.gather(get_user(id=7), get_orders(id=7))" in first.source


def test_a_byte_order_mark_stays_first() -> None:
    result = parallelize("\ufeff" + SOURCE, tools=TOOLS)
    assert result.changed
    assert result.source.startswith("\ufeffimport asyncio")
