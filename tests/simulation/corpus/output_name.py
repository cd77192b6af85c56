"""Both calls bind one name."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    a = await orders_of(key="b", site=2)
    return a
