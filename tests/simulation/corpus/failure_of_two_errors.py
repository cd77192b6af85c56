"""A subscript fails before the argument of a later call does: the caller sees which came first."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
    n = [][5]
    c = await lookup(key=box["missing"], site=3)
    return [a, b, n, c]
