"""An assert between two calls."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await price(sku="none", site=1)
    assert a, "no price"
    b = await orders_of(key="b", site=2)
    return [a, b]
