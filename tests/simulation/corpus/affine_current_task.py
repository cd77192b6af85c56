"""What the second call answers depends on the task it is in."""

import asyncio
from typing import Any


async def whose(task, at):
    await orders_of(key="a", site=at)
    return asyncio.current_task() is task


async def main(box: dict[str, Any]) -> Any:
    box["mine"] = "no"
    task = asyncio.current_task()
    a = await lookup(key="a", site=1)
    b = await whose(task, 2)
    return [a, b]
