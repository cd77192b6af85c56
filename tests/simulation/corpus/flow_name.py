"""The second call's argument is the first one's result."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await orders_of(key=a["next"], site=2)
    return b
