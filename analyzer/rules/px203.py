"""A call for each element of a collection, all at once, however many there are.

## What it does

Finds `asyncio.gather(*[fetch(x) for x in items])`, and the same with tasks, a loop that fills a
list or a `TaskGroup`, where nothing bounds how many calls that are.

## Why

Ten elements are what it was tried with; ten thousand open ten thousand connections, run into the
rate limit of a model, or use up all file handles (robusta-dev/krr#58). What `pexec-fix` writes for
such a loop asks for a permit of a semaphore first.

## How it decides

The call must be known to use something outside the program, and to wait for it. It is bounded if it
asks for a lock, a permit or a connection of a pool, or if the collection is seen to hold no more
than `max-concurrency` elements.

## What is not reported

* A part of the collection: `items[:10]`, a chunk that a loop goes through.
* A number that was chosen: `range(workers)`.
* Calls of which not everything is known: they may have a bound of their own. They are notes
  (`--show-blocked`).
* Calls that only use memory, log or print.

## How to silence or tune it

* `# pexec: ignore[PX203]` or `# noqa: PX203` on the first or last line of the group or a member.
* `max-concurrency` in `[tool.pexec]` says how many calls at once are fine.
"""

from .example import Example

FIX = "none: how many calls the other side bears, only its users know."

EXAMPLES = (
    Example(
        title="As many requests as there are addresses",
        before="""\
import asyncio

import httpx


async def pages(client: httpx.AsyncClient, urls: list[str]) -> list[httpx.Response]:
    return await asyncio.gather(*[client.get(url) for url in urls])
""",
        reported="`httpx.AsyncClient.get` is called for all elements at once: as many calls as "
        "`example.pages.urls` holds run together, and nothing bounds how many",
    ),
    Example(
        title="Under a semaphore",
        left_alone="at most eight requests are on their way.",
        before="""\
import asyncio

import httpx


async def pages(client: httpx.AsyncClient, urls: list[str]) -> list[httpx.Response]:
    limit = asyncio.Semaphore(8)

    async def page(url: str) -> httpx.Response:
        async with limit:
            return await client.get(url)

    return await asyncio.gather(*[page(url) for url in urls])
""",
    ),
)
