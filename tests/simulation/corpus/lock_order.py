"""Two functions that take two locks in opposite order."""

import asyncio
from typing import Any


one, two = asyncio.Lock(), asyncio.Lock()


async def first():
    async with one:
        x = await lookup(key="a", site=1)
        async with two:
            return [x, await orders_of(key="a", site=2)]


async def second():
    async with two:
        x = await lookup(key="b", site=3)
        async with one:
            return [x, await orders_of(key="b", site=4)]


async def main(box: dict[str, Any]) -> Any:
    a = await first()
    b = await second()
    return [a, b]
