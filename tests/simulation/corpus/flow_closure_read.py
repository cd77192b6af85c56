"""A lambda reads the variable that the first call binds."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    user = {"next": "a"}
    def following():
        return user["next"]
    user = await lookup(key="a", site=1)
    b = await orders_of(key=following(), site=2)
    return b
