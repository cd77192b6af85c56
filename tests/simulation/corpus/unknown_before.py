"""Nobody knows what the first call does."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    n = await mystery(value=1, site=1)
    a = await lookup(key="a", site=2)
    return [n, a]
