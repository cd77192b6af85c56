"""Awaited calls that wait for each other, one after the other, without need.

## What it does

Finds awaited calls in one block of which none needs what another one gives or does, and starts them
together. The result of the program stays the same, also in a run where a call fails.

## Why

An `await` holds up its function until the call is done. Two independent calls of 100 ms and 200 ms
take 300 ms one after the other, and 200 ms together.

## How it decides

* Each call has effects: what it reads and what it writes (a file, a URL, a table, an object in
  memory). They come from a comment on the line, from a declaration (`[[tools]]`) or a manifest,
  from a vocabulary that ships with pexec, from what the body of a function of the project does, or
  else from what its decorator says, in this order. A call that none of them knows may do
  everything, and nothing moves past it.
* Two statements keep their order if one uses or changes what the other one changes.
* A call is not started ahead if it must not run when a call before it fails: a write stays behind
  what may fail, unless it is declared with `speculative = true`, or what stands before it with
  `raises = false`.
* The rewrite takes the plain form (`asyncio.gather`) where a failure ends the program, and the
  ordered form elsewhere, in which the failure that goes on is the one that the sequential code
  would have raised.
* Every rewrite is undone again and compared with the original, pair by pair, before it is offered.

## What is not reported

* A call that uses the result of the one before, or stands behind a guard, a `yield`, a clock read
  or a pause.
* A call of which nothing is known. The end of the output names those that hold others apart most
  often, each with a declaration to paste.
* Two writes, where the first may fail: run together, the second would have happened. With
  `--unsafe-fixes` they are reported too.
* Two calls on one handle that takes one call at a time, such as a database connection.
* Calls in different blocks. Loops, comprehensions, several awaits in one statement, and calls that
  go on with the results of others have rules of their own: [PX103](PX103.md),
  [PX104](PX104.md), [PX105](PX105.md), [PX106](PX106.md).
* What would save less than `min-gain-ms`, and tests, unless `--include-tests` is given.

`--show-blocked` prints for each call behind another one of its block what holds it there.

## How to silence or tune it

* `# pexec: ignore[PX101]` or `# noqa: PX101` on the first or last line of one of the calls.
* `ignore = ["PX101"]` in the settings, or `--ignore PX101`.
* Settings: `tools`, `manifests`, `min-gain-ms`, `max-concurrency`, `style`, `failures`, `helper`,
  `same-world`, `timestamps`.
"""

from .example import Example

FIX = (
    "always; safe. With `--unsafe-fixes` also batches of writes, which differ in a run where a "
    "call fails."
)

_DECLARED = """\
[[tools]]
match = "app.crm.get_user"
params = ["user_id"]
reads = ["crm:{user_id}"]
returns = "fresh"

[[tools]]
match = "app.crm.get_orders"
params = ["user_id"]
reads = ["orders:{user_id}"]
returns = "fresh"
"""
_WRITES = """\
[[tools]]
match = "app.desk.close_ticket"
writes = ["tickets"]

[[tools]]
match = "app.desk.send_mail"
writes = ["mail"]
"""

EXAMPLES = (
    Example(
        title="A script: a failure ends the program",
        script=True,
        before="""\
import asyncio

import httpx


async def main() -> None:
    async with httpx.AsyncClient() as client:
        user = await client.get("https://crm.example.com/users/7")
        rates = await client.get("https://rates.example.com/latest")
    print(user.json()["name"], rates.json()["EUR"])


asyncio.run(main())
""",
        after="""\
import asyncio

import httpx


async def main() -> None:
    async with httpx.AsyncClient() as client:
        user, rates = await asyncio.gather(
            client.get("https://crm.example.com/users/7"),
            client.get("https://rates.example.com/latest"),
        )
    print(user.json()["name"], rates.json()["EUR"])


asyncio.run(main())
""",
    ),
    Example(
        title="A function: its caller sees which call fails, and what was printed before",
        before="""\
import httpx


async def overview(client: httpx.AsyncClient, user_id: int) -> dict[str, object]:
    user = await client.get("https://crm.example.com/users", params={"id": user_id})
    print("got user", user_id)
    orders = await client.get("https://shop.example.com/orders")
    return {"user": user.json(), "orders": orders.json()}
""",
        after="""\
import asyncio

import httpx


async def overview(client: httpx.AsyncClient, user_id: int) -> dict[str, object]:
    orders_task = asyncio.ensure_future(client.get("https://shop.example.com/orders"))
    try:
        user = await client.get("https://crm.example.com/users", params={"id": user_id})
        print("got user", user_id)
        orders = await orders_task
    finally:
        orders_task.cancel()
        await asyncio.gather(orders_task, return_exceptions=True)
    return {"user": user.json(), "orders": orders.json()}
""",
    ),
    Example(
        title="Calls of your own, declared",
        settings=_DECLARED,
        before="""\
from app.crm import get_orders, get_user


async def page(user_id: int) -> str:
    user = await get_user(user_id)
    orders = await get_orders(user_id)
    return f"{user.name}: {len(orders)}"
""",
        after="""\
import asyncio

from app.crm import get_orders, get_user


async def page(user_id: int) -> str:
    orders_task = asyncio.ensure_future(get_orders(user_id))
    try:
        user = await get_user(user_id)
        orders = await orders_task
    finally:
        orders_task.cancel()
        await asyncio.gather(orders_task, return_exceptions=True)
    return f"{user.name}: {len(orders)}"
""",
    ),
    Example(
        title="The same calls, not declared",
        left_alone="nothing is known about `get_orders`, so it may depend on anything.",
        kind="unknown",
        before="""\
from app.crm import get_orders, get_user


async def page(user_id: int) -> str:
    user = await get_user(user_id)
    orders = await get_orders(user_id)
    return f"{user.name}: {len(orders)}"
""",
    ),
    Example(
        title="A result that the next call needs",
        left_alone="the second call uses `ticket`.",
        kind="flow",
        before="""\
import httpx


async def owner(client: httpx.AsyncClient) -> object:
    ticket = await client.get("https://crm.example.com/tickets/1")
    return await client.get(ticket.json()["owner_url"])
""",
    ),
    Example(
        title="Two writes",
        left_alone="no mail is sent today if the ticket cannot be closed.",
        kind="failure",
        settings=_WRITES,
        before="""\
from app.desk import close_ticket, send_mail


async def close(ticket: int) -> None:
    await close_ticket(ticket)
    await send_mail(ticket)
""",
    ),
)
