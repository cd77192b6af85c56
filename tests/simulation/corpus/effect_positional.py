"""An argument whose name is not known: any key."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await order("a", "x", site=1)
    return await orders_of(key="a", site=2)
