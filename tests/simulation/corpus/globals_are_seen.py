"""The module's variables stay as they were after a failure."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    global first, second
    first = await lookup(key="a", site=1)
    second = await orders_of(key="b", site=2)
    return 1
