"""A plain statement fails before the write."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await price(sku="a", site=1)
    k = box["missing"]
    await bump(key="a", site=2)
    return [a, k]
