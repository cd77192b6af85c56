"""Two reads of different stores: to be run together."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
    return [a, b]
