"""Calls that run at once already, and get into each other's way.

## What it does

Finds members of an `asyncio.gather`, a `TaskGroup` or a group of started tasks that touch the same
thing, so that what comes out depends on which of them is faster. In a fan-out over a collection one
call is compared with itself, for two different elements.

Reported is
* what one reads, and sets after an await: what another one sets meanwhile is overwritten
  (`self.total += await …` reads `self.total` before it waits), or made twice;
* what one sets, and uses after an await: by then another one may have set it;
* what both set to what they waited for: the last one in time stays;
* what one sets after an await, and another one reads after one;
* one file, or one declared resource, that one writes and another one reads or writes.

## Why

A `gather` says that the order of its members does not matter. Where it does, the program is right
as long as the answers come in the order in which they came when it was tried, and the wrong result
of the other order is no error that anybody sees. A function that was harmless when it was put into
the group may begin to write later.

## How it decides

The members are followed into the functions that they run, with the effects, locks and objects that
all rules use. Between two awaits a task has the event loop for itself, so the suspensions between
what each member does are counted: only what another one can come between is reported. What stands
before the first await of the members is run in their order.

Both must certainly touch one thing: a path from one object, a constant path of a file, a declared
resource with the same values. What only *may* be one is a note (`--show-blocked`).

## What is not reported

* `self.count += 1`, `rows.append(row)`, `if key not in seen: seen.add(key)` without an await
  between: nobody comes in between. The order of a list may differ.
* What happens under one lock, or under a manager of which nothing is known.
* What comes after waiting for an event, a queue or another task, which may keep the order.
* Constants that are the same, the time of day, values in a loop (`while not self.done`), output.
* Requests to a server, rows of a table, models: two calls may mean different things there. What is
  declared in `[[tool.pexec.tools]]` is taken at its word.
* Members that cannot be followed, and tasks that nothing waits for.

## How to silence or tune it

* `# pexec: ignore[PX201]` or `# noqa: PX201` on the first or last line of the group or a member.
* `benign = ["memory:app.Desk.state"]` in `[tool.pexec]` for state whose writes do not matter.
* Tests are looked at with `--include-tests` only.
"""

from .example import Example

FIX = "none: only who wrote it knows which order was meant, or which lock is missing."

EXAMPLES = (
    Example(
        title="A sum that loses a share",
        before="""\
import asyncio

import httpx


class Traffic:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.size = 0

    async def fetch(self, url: str) -> None:
        self.size += len((await self.client.get(url)).content)

    async def both(self, one: str, two: str) -> None:
        await asyncio.gather(self.fetch(one), self.fetch(two))
""",
        reported="calls of `example.Traffic.fetch` run at once and get into each other's way: "
        "`self.size` is read and set in line 12, with an await between; what the other one sets "
        "meanwhile is overwritten",
    ),
    Example(
        title="The same with nothing awaited in between",
        left_alone="the answer has a name before the sum is read, and `+=` is not interrupted.",
        before="""\
import asyncio

import httpx


class Traffic:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.size = 0

    async def fetch(self, url: str) -> None:
        answer = await self.client.get(url)
        self.size += len(answer.content)

    async def both(self, one: str, two: str) -> None:
        await asyncio.gather(self.fetch(one), self.fetch(two))
""",
        kind="order",
    ),
    Example(
        title="What is made when it is first needed, twice",
        before="""\
import asyncio

import httpx


class Desk:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.rates = None

    async def rate(self, name: str) -> object:
        if self.rates is None:
            self.rates = (await self.client.get("https://rates.example.com")).json()
        return self.rates[name]

    async def both(self) -> list[object]:
        async with asyncio.TaskGroup() as group:
            one = group.create_task(self.rate("eur"))
            two = group.create_task(self.rate("chf"))
        return [one.result(), two.result()]
""",
        reported="calls of `example.Desk.rate` run at once and get into each other's way: "
        "`self.rates` is read in line 12 and set in line 13, after an await; meanwhile the other "
        "one finds it as it was, and does the same",
    ),
)
