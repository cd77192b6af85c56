"""A plain function that nobody declared stands between two reads."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await orders_of(key="a", site=1)
    n = poke()
    b = await lookup(key="b", site=2)
    return [a, n, b]
