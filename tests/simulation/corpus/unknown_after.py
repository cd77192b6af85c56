"""Nobody knows what the second call does."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    n = await mystery(value=1, site=2)
    return [n, a]
