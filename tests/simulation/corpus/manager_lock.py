"""One call at a time was asked for."""

import asyncio
from typing import Any


async def main(box: dict[str, Any]) -> Any:
    async with asyncio.Lock():
        a = await lookup(key="a", site=1)
        b = await orders_of(key="b", site=2)
    return [a, b]
