"""A write that must not be seen by the read before it."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await price(sku="a", site=1)
    b = await stored(key="k", site=2)
    await save(key="k", value=a, site=3)
    return b
