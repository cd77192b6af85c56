"""What the first call reads to its end is changed behind it."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    xs = [1]
    n = await weigh(items=xs, site=1)
    xs.append(2)
    b = await lookup(key="b", site=2)
    return [n, b]
