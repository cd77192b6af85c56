"""Two writes of one counter that never fail."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await bump(key="a", site=1)
    b = await bump(key="a", site=2)
    return [a, b]
