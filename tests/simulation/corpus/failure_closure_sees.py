"""A closure shows after the failure what was bound before it."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = b = None
    box["look"] = lambda: [a, b]
    a = await lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
    return 1
