"""Two variables that hold one key."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    first, second = "a", "A".lower()
    await update(key=first, value="new", site=1)
    return await lookup(key=second, site=2)
