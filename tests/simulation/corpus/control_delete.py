"""A deleted name."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = "x"
    del b
    c = await orders_of(key="b", site=2)
    return [a, c]
