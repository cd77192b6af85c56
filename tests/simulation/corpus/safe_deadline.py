"""A list filled under a deadline keeps what the slow program kept."""

import asyncio
from typing import Any


async def main(box: dict[str, Any]) -> Any:
    kept = box["kept"] = []
    try:
        async with asyncio.timeout(5.5):
            kept.append(await lookup(key="a", site=1))
            kept.append(await orders_of(key="b", site=2))
            kept.append(await stored(key="c", site=3))
    except TimeoutError:
        print("too late")
