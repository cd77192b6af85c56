"""Nothing is read for nobody."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lost(key="a", site=1)
    if not a:
        return None
    b = await orders_of(key="b", site=2)
    return [a, b]
