"""A chain of two calls beside an independent one."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await orders_of(key=a["next"], site=2)
    c = await lookup(key="c", site=3)
    return [a, b, c]
