"""Sources, settings and calls that the tests of the commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result
from pexec.analyzer.cli import lint_command
from pexec.analyzer.cli_report import report_command
from pexec.codemods import cli
from pexec.codemods.cli import fix_command

CONFIG = """\
[[tools]]
match = "get_user"
reads = ["crm:{0}"]
returns = "fresh"
latency-ms = 100

[[tools]]
match = "get_orders"
reads = ["orders:{0}"]
returns = "fresh"
latency-ms = 200

[[tools]]
match = "save"
writes = ["store:{0}"]
returns = "fresh"
latency-ms = 50
"""
TWO = """\
async def page(uid):
    user = await get_user(uid)
    orders = await get_orders(uid)
    return user, orders
"""
FLOW = """\
async def page(uid):
    user = await get_user(uid)
    return await get_orders(user)
"""
WRITES = """\
async def page(uid):
    user = await get_user(uid)
    await save(uid)
    return user
"""
UNKNOWN = """\
import sdk


async def page(client: sdk.Client, uid):
    one = await client.items.fetch(uid)
    two = await client.parts.fetch(uid)
    tri = await client.parts.fetch(one)
    return one, two, tri
"""


def put(folder: Path, **sources: str) -> None:
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, newline="")


def call(command: click.Command, *args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(command, args, obj=cli._rewriter, input=stdin)  # type: ignore[attr-defined]


def lint(*args: str, stdin: str | bytes | None = None) -> Result:
    return call(lint_command, *args, stdin=stdin)


def fix(*args: str, stdin: str | bytes | None = None) -> Result:
    return call(fix_command, *args, stdin=stdin)


def report(*args: str) -> Result:
    return call(report_command, *args)


def objects(result: Result) -> list[dict[str, Any]]:
    return json.loads(result.stdout)
