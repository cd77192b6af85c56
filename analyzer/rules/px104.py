"""Comprehensions that await call after call, though no element needs the one before.

## What it does

Finds list, set and dictionary comprehensions with one awaited call per element of which no element
uses, or changes, what the call of another one does, and starts the calls ahead: at most
`max-concurrency` at once. The comprehension itself stays, and takes the results in order.

## Why

Ten elements of 100 ms take one second one after the other, and 200 ms if eight may run at once.

## How it decides

As for loops ([PX103](PX103.md)). Besides:

* What several `for` clauses go through is gone through ahead, and makes a list of what is looked
  at.
* Conditions are evaluated ahead, for all elements, and make a list of what is left. So they may
  only look, at what no call and no element changes. A single condition that awaits is what is run
  together, if nothing else of an element awaits.
* The statement around the comprehension begins after the calls have begun, so nothing in it may
  happen before.
* A list that holds the results and nothing else becomes one `asyncio.gather` where no call may
  raise, where a failure ends the program, or where `failures = "first"` is set.

## What is not reported

* Generators, `async for`, elements that await more than one call or only sometimes
  (`await f(x) if x else None`).
* A comprehension in the header of a compound statement, or in one that does something before.
* A call of which nothing is known, and one that writes, unless none may raise and all write
  different things. With `--unsafe-fixes` those that may raise are reported too.
* What would save less than `min-gain-ms` for ten elements, or for as many as there are.

`--show-blocked` prints for each comprehension that awaits what keeps it as it is.

## How to silence or tune it

* `# pexec: ignore[PX104]` or `# noqa: PX104` on the first line of the comprehension, or the line of
  the call.
* `ignore = ["PX104"]` in the settings, or `--ignore PX104`.
* Settings: `max-concurrency`, `limits`, `tools`, `min-gain-ms`, `failures`, `target-version`.
"""

from .example import Example

FIX = (
    "always; safe. With `--unsafe-fixes` also calls that write, of which later ones may have "
    "written when one fails."
)

EXAMPLES = (
    Example(
        title="A function: its caller sees which call fails",
        before="""\
import httpx


async def crawl(client: httpx.AsyncClient, urls: list[str]) -> dict[str, httpx.Response]:
    return {url: await client.get(url) for url in urls if url.startswith("https:")}
""",
        after="""\
import asyncio

import httpx


async def crawl(client: httpx.AsyncClient, urls: list[str]) -> dict[str, httpx.Response]:
    chosen = [url for url in urls if url.startswith("https:")]
    limit = asyncio.Semaphore(8)

    async def bounded_get(url):
        async with limit:
            return await client.get(url)

    tasks = [asyncio.ensure_future(bounded_get(url)) for url in chosen]
    try:
        return {url: await task for url, task in zip(chosen, tasks)}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
""",
    ),
    Example(
        title="A script: a failure ends the program",
        script=True,
        before="""\
import asyncio

import httpx


async def main() -> None:
    async with httpx.AsyncClient() as client:
        pages = [await client.get(url) for url in ("https://a.example", "https://b.example")]
    print(len(pages))


asyncio.run(main())
""",
        after="""\
import asyncio

import httpx


async def main() -> None:
    async with httpx.AsyncClient() as client:
        urls = ("https://a.example", "https://b.example")
        pages = await asyncio.gather(*(client.get(url) for url in urls))
    print(len(pages))


asyncio.run(main())
""",
    ),
    Example(
        title="Elements that are not always awaited",
        left_alone="which calls are made is decided element by element.",
        kind="control",
        before="""\
import httpx


async def crawl(client: httpx.AsyncClient, urls: list[str]) -> list[object]:
    return [await client.get(url) if url else None for url in urls]
""",
    ),
)
