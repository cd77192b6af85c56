"""The same over the CRM, with a variable key."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    key = "a"
    await update(key=key, value="new", site=1)
    return await lookup(key="a", site=2)
