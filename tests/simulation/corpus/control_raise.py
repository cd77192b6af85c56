"""A raise between two reads."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await price(sku="none", site=1)
    if a == 0:
        raise ValueError("no price")
    b = await orders_of(key="b", site=2)
    return [a, b]
