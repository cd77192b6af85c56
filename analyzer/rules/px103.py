"""Loops that await call after call, though no turn needs the one before.

## What it does

Finds `for` loops whose turns await calls, one or one after the other, of which no turn uses, or
changes, what those of another one do, and starts them ahead: at most `max-concurrency` turns at
once. The loop itself stays, and takes the results in order.

## Why

Ten turns of 100 ms take one second one after the other, and 200 ms if eight may run at once.

## How it decides

* What the loop goes through must be known to be a container (a list, a dictionary or a view of it,
  a `range`, `enumerate`, `zip`, `sorted`, `reversed` of these), and no turn may change it. A
  generator, or an object of which nothing is known, could run code for each turn.
* The call is compared with itself in another turn, where the loop's variables are other objects,
  that may be the same ones all the same; and with everything else that the turns do. A print, a
  list that grows, a counter may stay between the calls: they run in order, as each result is taken,
  up to the turn whose call failed.
* A turn that begins with `if …: continue`, or is nothing but an `if`, is left out where its
  condition says so. If the condition only looks, at what no turn changes, all elements are asked
  before the first call; one that may raise must not do so before an earlier turn has printed. (What
  is not kept is the order between such an error and the failure of an earlier call in one run.)
* Turns that write must write different things: by a number of a `range` or an `enumerate`, a key of
  a dictionary, an element of a set or one of different constants, which stands alone between
  constants in what the declaration says is written. And no turn may fail: the call does not raise,
  or the turn goes on after every `Exception`. Otherwise a failing turn keeps those after it from
  writing, and the rewrite is offered with `--unsafe-fixes` only.
* Where a turn awaits several calls, the statements from the first call to the last one get a local
  function, which returns what is used later; so does one call with what it needs of its turn
  (`key = name.strip()`), or with the whole `if` around it. They may do nothing that others see (a
  print, a list that grows, a name that a handler reads), must bind what they use, and only read.
  What an answer holds, as long as its turn is not taken, nobody else has.
* The arguments are evaluated in a local function, when the call begins, so that what they raise is
  raised in its turn.
* Where a failure ends the program and nothing of the turns could be seen, all calls are awaited by
  one `asyncio.gather`; elsewhere the failure that goes on is that of the earliest turn, and what
  still runs is cancelled.
* Every rewrite is undone again and compared with the original before it is offered.

## What is not reported

* `while` loops, `async for`, loops that end early (`break`, `return`), and a call that uses what an
  earlier turn bound.
* Turns that await inside a `with` or another loop. A `try` around the calls stays where it is.
* Turns that await several calls of which one writes, or that print, fill a list, or go on with the
  next turn between two calls, or in an `if` around one.
* A call that nobody declared.
* A call that runs others together itself: bounds do not add up.
* What would save less than `min-gain-ms` for ten turns, or for as many as there are.

`--show-blocked` prints for each loop that awaits what keeps it as it is.

## How to silence or tune it

* `# pexec: ignore[PX103]` or `# noqa: PX103` on the line of the `for` or of the call.
* `ignore = ["PX103"]` in the settings, or `--ignore PX103`.
* Settings: `max-concurrency`, `limits`, `tools`, `min-gain-ms`, `failures`, `target-version` (from
  3.10 on, `zip` is told that both sides are equally long).
"""

from .example import Example

FIX = (
    "always; safe. With `--unsafe-fixes` also turns that write, of which later ones may have "
    "written when one fails."
)

EXAMPLES = (
    Example(
        title="A function: its caller sees which call fails, and what was printed before",
        before="""\
import httpx


async def crawl(client: httpx.AsyncClient, urls: list[str]) -> list[str]:
    pages: list[str] = []
    for url in urls:
        page = await client.get(url)
        print(page.status_code, url)
        pages.append(page.text)
    return pages
""",
        after="""\
import asyncio

import httpx


async def crawl(client: httpx.AsyncClient, urls: list[str]) -> list[str]:
    pages: list[str] = []
    limit = asyncio.Semaphore(8)

    async def bounded_get(url):
        async with limit:
            return await client.get(url)

    tasks = [asyncio.ensure_future(bounded_get(url)) for url in urls]
    try:
        for url, task in zip(urls, tasks):
            page = await task
            print(page.status_code, url)
            pages.append(page.text)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return pages
""",
    ),
    Example(
        title="Turns that await one call after the other",
        before="""\
import httpx


async def answers(client: httpx.AsyncClient, names: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        user = await client.get(f"https://shop.example.com/users/{name}")
        orders = await client.get(f"https://shop.example.com/orders/{user.text}")
        found[name] = orders.text
    return found
""",
        after="""\
import asyncio

import httpx


async def answers(client: httpx.AsyncClient, names: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    limit = asyncio.Semaphore(8)

    async def load_orders(name):
        async with limit:
            user = await client.get(f"https://shop.example.com/users/{name}")
            return await client.get(f"https://shop.example.com/orders/{user.text}")

    tasks = [asyncio.ensure_future(load_orders(name)) for name in names]
    try:
        for name, task in zip(names, tasks):
            orders = await task
            found[name] = orders.text
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return found
""",
    ),
    Example(
        title="A script: a failure ends the program",
        script=True,
        before="""\
import asyncio

import httpx


async def main() -> None:
    pages: list[httpx.Response] = []
    async with httpx.AsyncClient() as client:
        for number in range(1, 4):
            pages.append(await client.get(f"https://shop.example.com/orders?page={number}"))
    print(len(pages))


asyncio.run(main())
""",
        after="""\
import asyncio

import httpx


async def main() -> None:
    pages: list[httpx.Response] = []
    async with httpx.AsyncClient() as client:
        pages.extend(
            await asyncio.gather(
                *(
                    client.get(f"https://shop.example.com/orders?page={number}")
                    for number in range(1, 4)
                )
            )
        )
    print(len(pages))


asyncio.run(main())
""",
    ),
    Example(
        title="The next turn uses what this one bound",
        left_alone="each call needs `cursor`, which the turn before it has bound.",
        kind="flow",
        before="""\
import httpx


async def walk(client: httpx.AsyncClient) -> None:
    cursor = "first"
    for _ in range(10):
        page = await client.get("https://shop.example.com/orders", params={"cursor": cursor})
        cursor = page.json()["next"]
""",
    ),
    Example(
        title="Writes",
        left_alone="where one call fails, those of later turns must not happen.",
        kind="effect",
        before="""\
import httpx


async def close(client: httpx.AsyncClient, tickets: list[int]) -> None:
    for ticket in tickets:
        await client.post(f"https://desk.example.com/tickets/{ticket}/close")
""",
    ),
)
