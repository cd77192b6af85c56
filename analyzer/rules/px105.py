"""Awaited calls of one statement that wait for each other without need.

## What it does

Finds two or more awaited calls in one expression, of which none needs what another one gives or
does: arguments of a call, parts of a tuple, a list, a dictionary or an f-string, operands, a value
and the target that it is assigned to. They are started together. So are those in the header of an
`if`, a `for` or a `match`, which is evaluated once, before any block of it.

## Why

Python evaluates operands one after the other, and an `await` holds up the whole statement.
`Card(user=await get_user(uid), orders=await get_orders(uid))` takes as long as both calls.

## How it decides

As [PX101](PX101.md) does; an expression is a sequence of steps like a block is.

* The first call stays where it is. What stands between the calls stays there, too, and keeps its
  order: the later calls only begin before it, so they must not need it, nor be seen by it.
* The ordered form starts the later calls as tasks and awaits them where they stood. Where a failure
  ends the program, or no call may fail, their results get names in front of the statement.
* Of a header no block goes into the `try`: the results of its calls get names there, and the header
  reads them. Where what stands between the calls may raise or be seen, its value gets the name
  (of `a == b and c` that of `a == b`); it is tested where it was, once.

## What is not reported

* A call behind a guard, which may not run at all: what follows `and` or `or`, the branches of a
  conditional expression, the last operand of a chained comparison, the element of a comprehension.
* An argument that is the result of another call: `await f(await g())`.
* A call whose arguments may raise, if something before it that may raise as well would come later.
* Awaits in the header of a `while`, which is evaluated before each turn, of an `elif`, which stands
  behind a guard, and of a `with`; and in an `assert`, which is not there under `python -O`.
* A header whose value would need a name, but must stay whole: a chained comparison tests more than
  once, and from what it says of a name (`kind == (await f())["kind"]`) type checkers may learn.
* What would save less than `min-gain-ms`, and tests, unless `--include-tests` is given.

`--show-blocked` prints for each such call of a simple statement what holds it where it is.

## How to silence or tune it

* `# pexec: ignore[PX105]` or `# noqa: PX105` on the first or last line of one of the calls.
* `ignore = ["PX105"]` in the settings, or `--ignore PX105`.
* Calls of one statement that are gathered with those of another are a finding of PX101.
"""

from .example import Example

FIX = (
    "always; safe. With `--unsafe-fixes` also calls that write, which differ in a run where a "
    "call fails."
)

_SETTINGS = """\
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

EXAMPLES = (
    Example(
        title="Two arguments of one call",
        settings=_SETTINGS,
        before="""\
from app.crm import Card, get_orders, get_user


async def card(user_id: int) -> Card:
    return Card(user=await get_user(user_id), orders=await get_orders(user_id))
""",
        after="""\
import asyncio

from app.crm import Card, get_orders, get_user


async def card(user_id: int) -> Card:
    orders_task = asyncio.ensure_future(get_orders(user_id))
    try:
        return Card(user=await get_user(user_id), orders=await orders_task)
    finally:
        orders_task.cancel()
        await asyncio.gather(orders_task, return_exceptions=True)
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
        print(
            (await client.get("https://crm.example.com/users/7")).json()["name"],
            (await client.get("https://rates.example.com/latest")).json()["EUR"],
        )


asyncio.run(main())
""",
        after="""\
import asyncio

import httpx


async def main() -> None:
    async with httpx.AsyncClient() as client:
        get_result, get_result_2 = await asyncio.gather(
            client.get("https://crm.example.com/users/7"),
            client.get("https://rates.example.com/latest"),
        )
        print(
            get_result.json()["name"],
            get_result_2.json()["EUR"],
        )


asyncio.run(main())
""",
    ),
    Example(
        title="The header of an `if`",
        settings=_SETTINGS,
        before="""\
from app.crm import get_orders, get_user


async def quiet(user_id: int) -> bool:
    if await get_user(user_id) == await get_orders(user_id):
        return True
    return False
""",
        after="""\
import asyncio

from app.crm import get_orders, get_user


async def quiet(user_id: int) -> bool:
    orders_task = asyncio.ensure_future(get_orders(user_id))
    try:
        user_result = await get_user(user_id)
        orders_result = await orders_task
    finally:
        orders_task.cancel()
        await asyncio.gather(orders_task, return_exceptions=True)
    if user_result == orders_result:
        return True
    return False
""",
    ),
    Example(
        title="A guard",
        left_alone="the second call runs only if the first one finds somebody.",
        kind="control",
        settings=_SETTINGS,
        before="""\
from app.crm import get_orders, get_user


async def active(user_id: int) -> bool:
    return bool(await get_user(user_id) and await get_orders(user_id))
""",
    ),
    Example(
        title="Something unknown in between",
        left_alone="nobody knows what `audit` does, nor whether `get_orders` would see it.",
        kind="unknown",
        settings=_SETTINGS,
        before="""\
from app.crm import audit, get_orders, get_user


async def pair(user_id: int) -> list[object]:
    return [await get_user(user_id), audit(user_id), await get_orders(user_id)]
""",
    ),
)
