"""The value goes through the caller's dictionary."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    box["user"] = await lookup(key="a", site=1)
    b = await orders_of(key=box["user"]["next"], site=2)
    return b
