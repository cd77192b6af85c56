"""Three reads and a use of the first between them."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await price(sku="a", site=2)
    total = b + a["n"]
    c = await orders_of(key="c", site=3)
    return [total, c]
