"""Nothing is written for nobody."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await price(sku="none", site=1)
    if not a:
        return None
    await bump(key="b", site=2)
