"""A pause that is there on purpose."""

import asyncio
from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    await asyncio.sleep(2)
    b = await orders_of(key="b", site=2)
    return [a, b]
