"""Manifests: what servers say of their tools, read from files, and asked for once."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from commands import fix, lint
from pexec.analyzer.config import ConfigError, read
from pexec.analyzer.effects.manifests import mcp_entries, read_manifest

READS = {"readOnlyHint": True}

SESSION = """\
import asyncio

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main() -> list[object]:
    server = StdioServerParameters(command="python", args=["{script}"])
    async with stdio_client(server) as (read, write):
        async with ClientSession(read, write) as session:
            one = await session.call_tool("look", {{"at": 1}})
            two = await session.call_tool("{second}", {{"at": 2}})
            return [one, two]
"""


def listing(**tools: dict[str, Any]) -> dict[str, Any]:
    return {"tools": [{"name": name, "annotations": hints} for name, hints in tools.items()]}


def project(folder: Path, manifests: dict[str, Any], settings: str = "", **source: str) -> Path:
    for name, content in manifests.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
    files = ", ".join(f'"{name}"' for name in manifests)
    (folder / "pexec.toml").write_text(f"manifests = [{files}]\n{settings}", encoding="utf-8")
    path = folder / "agent.py"
    second = source.get("second", "see")
    path.write_text(SESSION.format(script=source.get("script", "server.py"), second=second))
    return path


def fixed(path: Path) -> bool:
    result = fix(str(path))
    assert result.exit_code in (0, 1), result.output
    return "gather" in path.read_text(encoding="utf-8")


def test_tools_that_only_read_run_together(tmp_path: Path) -> None:
    assert fixed(project(tmp_path, {"tools.json": listing(look=READS, see=READS)}))


def test_a_tool_without_hints_writes(tmp_path: Path) -> None:
    assert not fixed(project(tmp_path, {"tools.json": listing(look=READS, see={})}))


def test_a_tool_of_no_listing_is_unknown(tmp_path: Path) -> None:
    assert not fixed(project(tmp_path, {"tools.json": listing(look=READS)}))


def test_a_declaration_is_stronger_than_a_hint(tmp_path: Path) -> None:
    settings = '[[tools]]\nmatch = "mcp:see"\nwrites = ["mcp"]\n'
    assert not fixed(project(tmp_path, {"t.json": listing(look=READS, see=READS)}, settings))


PAGES = {
    "a result": listing(look=READS, see=READS),
    "a response": {"jsonrpc": "2.0", "id": 1, "result": listing(look=READS, see=READS)},
    "the shape of 2026-07-28": {
        "resultType": "complete", "ttlMs": 300000, "cacheScope": "public",
        **listing(look=READS, see=READS),
    },
    "several pages": [
        {**listing(look=READS), "nextCursor": "b"}, {**listing(see=READS), "nextCursor": None},
    ],
    "several servers": {"servers": {"office": listing(look=READS, see=READS)}},
}  # fmt: skip


@pytest.mark.parametrize("shape", PAGES)
def test_shapes_of_listings(tmp_path: Path, shape: str) -> None:
    assert fixed(project(tmp_path, {"tools.json": PAGES[shape]}))


WRONG = {
    "{": "not valid JSON",
    '{"prompts": []}': "neither an MCP tools/list result",
    '{"tools": [{"title": "x"}]}': "tool #1 has no name",
    '{"tools": [], "nextCursor": "b"}': "the listing goes on",
    '{"openapi": "2.0"}': "version 3",
    '{"openapi": "3.1.0"}': "no `paths`",
}


@pytest.mark.parametrize("content", WRONG)
def test_a_manifest_that_is_none_is_an_error_of_the_settings(tmp_path: Path, content: str) -> None:
    project(tmp_path, {"tools.json": content})
    with pytest.raises(ConfigError, match=rf"tools\.json.*{WRONG[content]}"):
        read(tmp_path / "pexec.toml")


def test_a_missing_manifest_names_the_file_and_the_key(tmp_path: Path) -> None:
    (tmp_path / "pexec.toml").write_text('manifests = ["none.json"]')
    with pytest.raises(ConfigError, match=r"`manifests`.*none\.json: No such file"):
        read(tmp_path / "pexec.toml")


def test_names_that_look_like_patterns_and_paths() -> None:
    names = ("a/b", "os.remove", "two words", "all*", "some[x]")
    found = mcp_entries(listing(**dict.fromkeys(names, READS)), "t", bare=True)
    assert [e.match for e in found] == [
        "mcp:a/b", "mcp:os.remove", "mcp:two words", "mcp:all[*]", "mcp:some[[]x]",
    ]  # fmt: skip


# -- which server --------------------------------------------------------------------------------

OFFICE = {"server": "office", "command": ["python", "server.py"], **listing(look=READS, see=READS)}
SHOP = {"server": "shop", "command": ["python", "shop.py"], **listing(look={}, see={})}


def test_the_command_of_the_transport_tells_the_server(tmp_path: Path) -> None:
    assert fixed(project(tmp_path, {"a.json": OFFICE, "b.json": SHOP}))
    assert not fixed(project(tmp_path, {"a.json": OFFICE, "b.json": SHOP}, script="shop.py"))


def test_of_a_tool_of_two_servers_each_claim_counts(tmp_path: Path) -> None:
    assert not fixed(project(tmp_path, {"a.json": OFFICE, "b.json": SHOP}, script="other.py"))


def test_a_session_can_be_named(tmp_path: Path) -> None:
    settings = '[sessions]\n"agent.main.session" = "office"\n'
    path = project(tmp_path, {"a.json": OFFICE, "b.json": SHOP}, settings, script="other.py")
    assert fixed(path)


def test_a_known_server_has_no_tools_of_others(tmp_path: Path) -> None:
    more = {"server": "shop", "command": ["python", "shop.py"], **listing(other=READS)}
    path = project(tmp_path, {"a.json": OFFICE, "b.json": more}, second="other")
    assert not fixed(path)


# -- OpenAPI -------------------------------------------------------------------------------------

SPEC = """\
openapi: 3.1.0
servers: [{url: "https://api.example.com/v1"}]
paths:
  /users/{id}:
    get: {operationId: getUser}
    delete: {operationId: deleteUser}
  /orders:
    get: {operationId: listOrders}
    post: {operationId: createOrder, servers: [{url: "https://orders.example.com"}]}
"""
CLIENT = """\
from acme_client import Api

async def both(api: Api, key: str) -> list[object]:
    one = await api.users.{one}(key)
    two = await api.orders.{two}(key)
    return [one, two]
"""


@pytest.mark.parametrize(
    ("one", "two", "together"),
    [
        ("get_user", "list_orders", True),
        ("getUser", "listOrders", True),
        ("delete_user", "list_orders", False),
        ("get_user", "create_order", False),  # a write after a call that may fail
        ("get_user", "get_something", False),
    ],
)
def test_operations_of_a_generated_client(
    tmp_path: Path, one: str, two: str, together: bool
) -> None:
    (tmp_path / "openapi.yaml").write_text(SPEC)
    settings = 'manifests = [{file = "openapi.yaml", client = "acme_client"}]\n'
    (tmp_path / "pexec.toml").write_text(settings)
    path = tmp_path / "agent.py"
    path.write_text(CLIENT.format(one=one, two=two))
    assert fixed(path) is together


def test_operations_act_on_the_host_of_their_server(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(SPEC)
    (found,) = read_manifest(tmp_path / "openapi.yaml", "openapi.yaml", "acme_client")
    by_name = {e.match: e for e in found.entries}
    assert str(by_name["acme_client.*.get_user"].reads[0].parts[0]).count("api.example.com")
    written = by_name["acme_client.*.create_order.asyncio"].writes[0]
    assert "orders.example.com" in str(written.parts[0])
    assert by_name["acme_client.*.create_order.asyncio"].origin == "openapi.yaml: POST /orders"


# -- asking --------------------------------------------------------------------------------------

#: A server over stdio without an SDK: a few hundred tools on pages of fifty, with odd names.
SERVER = textwrap.dedent(
    """\
    import json, sys

    def tool(n):
        name = ["tool/{}", "tool.{}", "tool {}"][n % 3].format(n)
        return {"name": name, "inputSchema": {"type": "object"}, "description": "d" * 50,
                "annotations": {"readOnlyHint": n % 2 == HINT, "openWorldHint": False}}

    HINT = int(sys.argv[1])
    tools = [tool(n) for n in range(320)]
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" not in asked:
            continue
        if asked["method"] == "initialize":
            result = {"protocolVersion": asked["params"]["protocolVersion"],
                      "capabilities": {"tools": {}}, "serverInfo": {"name": "big", "version": "1"}}
        elif asked["method"] == "tools/list":
            start = int((asked.get("params") or {}).get("cursor") or 0)
            result = {"tools": tools[start:start + 50]}
            if start + 50 < len(tools):
                result["nextCursor"] = str(start + 50)
        else:
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"],
                              "error": {"code": -32601, "message": "no"}}), flush=True)
            continue
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
    """
)


def ask(folder: Path, hint: int) -> dict[str, Any]:
    script, out = folder / "server.py", folder / "tools.json"
    script.write_text(SERVER)
    command = f"{sys.executable} {script} {hint}"
    program = "from pexec.codemods import cli; cli.lint()"
    options = ["--write-manifest", str(out), "--from-mcp", command]
    done = subprocess.run(
        [sys.executable, "-c", program, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "320 tools of 'big'" in done.stdout
    return json.loads(out.read_text())


def test_a_server_is_asked_for_all_its_pages(tmp_path: Path) -> None:
    written = ask(tmp_path, 0)
    names = [tool["name"] for tool in written["tools"]]
    assert len(set(names)) == 320
    assert {"tool/0", "tool.1", "tool 2"} <= set(names)
    assert "description" not in written["tools"][0]
    (found,) = read_manifest(tmp_path / "tools.json", "tools.json")
    assert found.server == "big"
    assert found.started == (sys.executable, str(tmp_path / "server.py"), "0")
    assert sum(not entry.writes for entry in found.entries) == 320  # two entries for each


def test_hints_that_change_show_in_the_next_manifest(tmp_path: Path) -> None:
    before, after = ask(tmp_path, 0), ask(tmp_path, 1)
    assert [t["name"] for t in before["tools"]] == [t["name"] for t in after["tools"]]
    assert all(
        a["annotations"] != b["annotations"]
        for a, b in zip(before["tools"], after["tools"], strict=True)
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--from-mcp", "nothing-of-that-name"], "need --write-manifest FILE"),
        (["--write-manifest", "out.json"], "needs one of --from-mcp"),
        (["--write-manifest", "out.json", "--from-mcp", ""], "the command is empty"),
        (["--write-manifest", "out.json", "--from-mcp", "nothing-of-that-name"], "nothing-of-that"),
    ],
)
def test_what_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = lint(*options)
    assert result.exit_code == 2
    assert words in result.output
    assert not (tmp_path / "out.json").exists()
