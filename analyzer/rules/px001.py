"""Comments that silence a finding which is not there.

## What it does

Finds `# pexec: ignore[…]` and `# noqa: PX…` on lines where pexec has nothing to report.

## Why

Such a comment says that the code is known to be slow, which is no longer so, and it would silence
the next finding on its line, which nobody has looked at.

## How it decides

A comment is used if one of its codes silences a finding that would be reported without it, at the
level of fixes that is asked for. Everything else that it names is unused.

A code that does not exist is reported with the nearest one that does, and left as it is: what was
meant, its author knows. A comment that has its line for itself speaks of no call, so it is unused.

## What is not reported

* A bare `# noqa`: it may speak to another tool.
* Codes of other tools in `# noqa: …`.
* Codes that are not selected in this run, as whether they are needed is not known then.
* Other `# pexec:` words (`reads=…`, `pure`, `barrier`, …): they are claims, not suppressions.

## How to silence or tune it

* `ignore = ["PX001"]` in the settings, or `--ignore PX001`.
"""

from .example import Example

FIX = "for codes that exist; safe: only the comment, or the dead code in it, is removed."

EXAMPLES = (
    Example(
        title="A comment that is no longer needed",
        before="""\
import httpx


async def user(client: httpx.AsyncClient) -> object:
    return await client.get("https://crm.example.com/users/7")  # pexec: ignore[PX101]
""",
        after="""\
import httpx


async def user(client: httpx.AsyncClient) -> object:
    return await client.get("https://crm.example.com/users/7")
""",
    ),
    Example(
        title="The same in the words of other linters",
        before="""\
import httpx


async def user(client: httpx.AsyncClient) -> object:
    return await client.get("https://crm.example.com/users/7")  # noqa: PX101
""",
        after="""\
import httpx


async def user(client: httpx.AsyncClient) -> object:
    return await client.get("https://crm.example.com/users/7")
""",
    ),
    Example(
        title="A comment that silences a finding",
        left_alone="without it, the two calls would be reported (PX101).",
        before="""\
import httpx


async def overview(client: httpx.AsyncClient) -> tuple[object, object]:
    user = await client.get("https://crm.example.com/users/7")  # pexec: ignore[PX101]
    rates = await client.get("https://rates.example.com/latest")
    return user, rates
""",
    ),
    Example(
        title="A comment that may speak to another tool",
        left_alone="a bare `# noqa` names no code.",
        before="""\
import httpx


async def user(client: httpx.AsyncClient) -> object:
    return await client.get("https://crm.example.com/users/7")  # noqa
""",
    ),
)
