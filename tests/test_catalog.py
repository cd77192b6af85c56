"""The vocabularies that ship: their schema, their citations, and that they can be loaded."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pexec.analyzer.effects import catalog
from pexec.analyzer.effects.catalog import (
    VocabularyError,
    builtin_catalog,
    parse_entry,
)
from pexec.analyzer.effects.durations import default_latencies
from pexec.analyzer.effects.manifests import mcp_entries

FOLDER = Path(catalog.__file__).parent / "catalog"
FILES = sorted(FOLDER.glob("*.toml"))
KINDS = {"handle", "lock", "limiter", "transaction", "scope", "deadline", "suppress", "state", ""}


def load(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=[p.stem for p in FILES])
def test_every_entry_cites_its_source(path: Path) -> None:
    data = load(path)
    rows = [row for key, rows in data.items() if isinstance(rows, list) for row in rows]
    assert rows
    for row in rows:
        assert len(row.get("source", "")) > 10, row
    if path.stem != "latency-defaults":
        assert data["vocabulary"]["name"] == path.stem
        assert data["vocabulary"]["versions"]
    for row in data.get("types", []):
        assert row.get("manager", "") in KINDS
        assert row.get("concurrency", "safe") in ("safe", "exclusive")


def test_the_catalog_loads_and_knows_what_it_should() -> None:
    found = builtin_catalog()
    for name in (
        "Read", "Write", "Edit", "MultiEdit", "NotebookEdit", "Glob", "Grep", "LS", "Bash",
        "WebFetch", "WebSearch", "Task", "mcp.ClientSession.call_tool", "mcp.Client.call_tool",
        "httpx.AsyncClient.get", "aiohttp.ClientSession.get", "aiofiles.open",
        "openai.AsyncOpenAI.chat.completions.create", "anthropic.AsyncAnthropic.messages.create",
        "asyncio.sleep", "asyncio.wait_for", "asyncio.timeout", "asyncio.to_thread",
        "asyncio.Lock.acquire", "asyncio.Queue.get", "asyncio.create_task", "asyncio.gather",
        "builtins.len", "json.dumps", "logging.Logger.info",
    ):  # fmt: skip
        assert found.find(name), name


def test_every_exclusive_type_is_a_handle_and_no_alias_is_a_type() -> None:
    found = builtin_catalog()
    assert not set(found.aliases) & set(found.types)
    assert all(info.handle for info in found.types.values() if info.concurrency == "exclusive")


def test_latencies_cover_the_domains_of_the_contract() -> None:
    domains = {"fs", "http", "db", "process", "browser", "llm", "random", "stdout", "log", "env",
               "memory", "mcp", "clock", "other"}  # fmt: skip
    assert domains <= default_latencies().keys()


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(VocabularyError, match="did you mean `reads`"):
        parse_entry({"match": "f", "read": ["a"]}, "test", "test")


def test_a_tool_listing_gives_reads_and_writes() -> None:
    listing = {
        "tools": [
            {"name": "look", "annotations": {"readOnlyHint": True}},
            {"name": "change", "annotations": {"openWorldHint": False}},
            {"name": "anything"},
        ]
    }
    entries = {e.match: e for e in mcp_entries({"result": listing}, "tools.json")}
    assert not entries["mcp:look"].writes
    assert [t.domain for t in entries["mcp:change"].writes] == ["mcp"]
    assert [t.domain for t in entries["mcp:anything"].writes] == ["mcp", "*"]


def test_something_else_than_a_listing_is_an_error() -> None:
    with pytest.raises(VocabularyError, match="tools/list"):
        mcp_entries({"prompts": []}, "tools.json")
