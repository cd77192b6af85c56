"""Attributes through which a handle's calls run other code, wherever they are set."""

from __future__ import annotations

import textwrap

import pytest
from pexec.codemods import parallelize

PAIR = """\
    one = await client.get("https://a.example.com/one")
    two = await client.get("https://b.example.com/two")
    return [one, two]
"""


def program(lines: str, before: str = "") -> str:
    body = textwrap.indent(textwrap.dedent(lines), "    ")
    return f"import httpx\n\n{textwrap.dedent(before)}\n\nasync def pair(seen):\n{body}{PAIR}"


SET = {
    "under another name": program(
        """\
        client = httpx.AsyncClient()
        other = client
        other.event_hooks = {"response": [seen]}
        """
    ),
    "in a helper": program(
        """\
        client = httpx.AsyncClient()
        watched(client, seen)
        """,
        """\
        def watched(client, seen):
            client.event_hooks = {"response": [seen]}
        """,
    ),
    "by setattr": program(
        """\
        client = httpx.AsyncClient()
        setattr(client, "auth", seen)
        """
    ),
    "of an item": program(
        """\
        client = httpx.AsyncClient()
        for each in (client,):
            each.event_hooks = {"response": [seen]}
        """
    ),
}


@pytest.mark.parametrize("name", SET)
def test_a_client_that_may_get_hooks_is_not_known(name: str) -> None:
    found = parallelize(SET[name])
    assert not found.changed
    assert "may be set" in found.blocked[-1].words


def test_headers_are_no_hooks() -> None:
    other = program("client = httpx.AsyncClient()\nclient.headers = {'a': seen}\n")
    assert parallelize(other).changed
    elsewhere = program("client = httpx.AsyncClient()\n", "def f(x):\n    x.tools = []\n")
    assert parallelize(elsewhere).changed


def test_a_method_that_takes_code_for_later_calls_ends_the_type() -> None:
    text = """\
from fastmcp import Client

async def look(client: Client) -> list[object]:
    one = await client.list_resources()
    two = await client.list_prompts()
    return [one, two]
"""
    assert parallelize(text).changed
    more = text + "\ndef ask(client, f):\n    client.set_sampling_callback(f)\n"
    assert not parallelize(more).changed


def test_a_configuration_that_got_tools_is_not_that_of_a_plain_answer() -> None:
    text = """\
from google import genai
from google.genai import types

async def ask(client: genai.Client, question: str) -> list[object]:
    config = types.GenerateContentConfig(temperature=0)
    one = await client.aio.models.generate_content(model="m", contents=question, config=config)
    two = await client.aio.models.generate_content(model="m", contents=question, config=config)
    return [one, two]
"""
    assert parallelize(text).changed
    armed = "\ndef arm(config, tool):\n    config.tools = [tool]\n"
    assert not parallelize(text + armed).changed
