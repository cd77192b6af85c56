"""The target's old value is read before the await."""

from typing import Any


async def changing(box, at):
    box["n"] = 100
    return await price(sku="a", site=at)


async def main(box: dict[str, Any]) -> Any:
    box["n"] = 1
    box["n"] += await changing(box, 1)
    a = await lookup(key="a", site=2)
    return [box["n"], a]
