"""Chains of awaited calls that need each other's results, but not those of the next chain.

## What it does

Finds runs of statements of which each needs what the one before gives, beside other such runs, or
beside slow single calls, that need nothing of them. All but the first are started together, each
run in a local `async def`, single calls without one; what is first stays where it is.

## Why

In `a = await f()`, `b = await g(a)`, `c = await h()`, `d = await k(c)` no two neighbours may run
together but `b` and `c`: batches save one call of four, two chains half of the time.

## How it decides

As [PX101](PX101.md) does, for all that a chain holds. Besides:

* A chain is a run of statements that bind names and await calls, and do nothing else that anybody
  could see. An `if`, a `try` that catches built-in exceptions and an `async with` of a handle of
  its own may be among them, as a whole. Its function returns what is used later; other names stay
  in it.
* What runs together comes one after the other in the source, and is awaited in this order. So the
  failure that goes on is the one that the sequential code would have met first, although a later
  chain may have failed before it in time.
* A call that writes may stand in what is first. In a later chain it would begin before it is known
  that nothing before it fails; so it may only where nothing before it may raise. Other such chains
  are reported with `--unsafe-fixes`.
* It costs a reader more than a batch does. So there must be at least `min-gain-ms` more to gain,
  for each chain, than with the batches of PX101.

## What is not reported

* A chain of which another function, a handler or a `finally` sees the names.
* A chain of which the steps stand between those of another one: awaited one after the other, the
  first one's last step could fail in place of the other's first, which stands before it.
* Steps that print, change what is not theirs, or call something that is not awaited and not known
  to only compute.
* Steps with `super`, `:=`, a lambda, or a generator that is kept.
* Code at module level.

Where one of these is all that keeps a run of calls from being a chain that would gain
`min-gain-ms`, `--show-blocked` says which, with the line; likewise a write that may not run in
vain, and a call that nobody has declared.

## How to silence or tune it

* `# pexec: ignore[PX106]` or `# noqa: PX106` on the first or last line of one of the calls: then
  the batches of PX101 that there would be without chains take their place.
* `# pexec: ignore[PX106, PX101]`: then all of these calls are left alone.
* `ignore = ["PX106"]` in the settings, or `--ignore PX106`: batches take the place of chains.
* Settings: `tools`, `min-gain-ms`, `max-concurrency`.
"""

from .example import Example

FIX = (
    "always; safe. With `--unsafe-fixes` also chains that write, which differ in a run where a "
    "call fails."
)

_DECLARED = """\
[[tools]]
match = "app.crm.*"
reads = ["crm"]
returns = "fresh"

[[tools]]
match = "app.shop.*"
reads = ["shop"]
returns = "fresh"
"""

_SLOW = """
[[tools]]
match = "app.web.search"
reads = ["web"]
returns = "fresh"
latency-ms = 900
"""

EXAMPLES = (
    Example(
        title="Two chains",
        settings=_DECLARED,
        before="""\
from app.crm import get_account, get_user
from app.shop import list_orders, rate


async def page(user_id: int) -> tuple[object, object]:
    user = await get_user(user_id)
    account = await get_account(user)
    orders = await list_orders(user_id)
    rating = await rate(orders)
    return account, rating
""",
        after="""\
import asyncio

from app.crm import get_account, get_user
from app.shop import list_orders, rate


async def page(user_id: int) -> tuple[object, object]:
    async def load_rating():
        orders = await list_orders(user_id)
        return await rate(orders)

    rating_task = asyncio.ensure_future(load_rating())
    try:
        user = await get_user(user_id)
        account = await get_account(user)
        rating = await rating_task
    finally:
        rating_task.cancel()
        await asyncio.gather(rating_task, return_exceptions=True)
    return account, rating
""",
    ),
    Example(
        title="A slow call beside a chain of which more is used",
        settings=_DECLARED + _SLOW,
        before="""\
from app.shop import list_orders, rate
from app.web import search


async def page(user_id: int) -> dict[str, object]:
    news = await search("shoes")
    orders = await list_orders(user_id)
    latest = orders[:10]
    rating = await rate(latest)
    return {"news": news, "latest": latest, "rating": rating}
""",
        after="""\
import asyncio

from app.shop import list_orders, rate
from app.web import search


async def page(user_id: int) -> dict[str, object]:
    async def load_rating():
        orders = await list_orders(user_id)
        latest = orders[:10]
        rating = await rate(latest)
        return latest, rating

    rating_task = asyncio.ensure_future(load_rating())
    try:
        news = await search("shoes")
        latest, rating = await rating_task
    finally:
        rating_task.cancel()
        await asyncio.gather(rating_task, return_exceptions=True)
    return {"news": news, "latest": latest, "rating": rating}
""",
    ),
    Example(
        title="One chain",
        left_alone="each call needs what the one before gives.",
        kind="flow",
        settings=_DECLARED,
        before="""\
from app.crm import get_account, get_user
from app.shop import rate


async def page(user_id: int) -> object:
    user = await get_user(user_id)
    account = await get_account(user)
    return await rate(account)
""",
    ),
)
