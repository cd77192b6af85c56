"""Calls that nobody declared, and the batches that they hold back.

## What it does

Finds calls of unknown effects without which two or more awaited calls would run together, and says
how many batches that are and how long they would save.

## Why

Nothing moves past a call of which nothing is known: it may write anything. Often one line of the
configuration, written by whoever knows the tool, unlocks a batch in every file that uses it.

## How it decides

Each block is planned twice: as it is, and with every unknown call declared (awaited ones as reads,
the others as pure). A batch that only the second plan has is held back by the unknown calls in it.
Where several have to be declared for one batch, each of them is named, and has its share of the
time. What a call really does, only its author knows: if it writes, less is unlocked.

The ranking over all files is part of `pexec-report`, and the sum of the summary line of every run,
also where this code is not selected.

## What is not reported

* Unknown calls that hold nothing back: their results are needed, or another rule keeps the order.
* Calls of which it is known that they may do anything: a shell, `eval`, a declared barrier.
* Calls that no declaration can name, such as methods of what a subscript finds.

## How to silence or tune it

* Not selected by default: `select = ["ALL"]`, or `--select PX301`, which makes the exit code 1.
* `# pexec: ignore[PX301]` on the line of the call; a declaration in `[[tool.pexec.tools]]` ends it.
"""

from .example import Example

FIX = "none: only who knows the call can say what it does."

EXAMPLES = (
    Example(
        title="One method of a client without a vocabulary",
        settings="""\
select = ["PX301"]

[[tools]]
match = "crm.Client.orders"
reads = ["crm"]
returns = "fresh"
latency-ms = 120
""",
        before="""\
import crm


async def overview(client: crm.Client, key: str) -> list[object]:
    user = await client.user(key)
    orders = await client.orders(key)
    return [user, orders]
""",
        reported="nobody declared what `crm.Client.user` touches: if that is only read, a batch "
        "would save about 100 ms",
    ),
    Example(
        title="A call whose result the next one needs",
        left_alone="a declaration would unlock nothing.",
        settings="""\
select = ["PX301"]
""",
        before="""\
import crm


async def overview(client: crm.Client, key: str) -> object:
    user = await client.user(key)
    return await client.orders(user)
""",
        kind="flow",
    ),
)
