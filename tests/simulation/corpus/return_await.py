"""The last call's result is returned."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    box["a"] = a
    return await orders_of(key="b", site=2)
