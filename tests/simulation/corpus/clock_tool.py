"""A tool that reads the clock stands between two reads."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    t = await ticks(site=2)
    b = await orders_of(key="b", site=3)
    return [a, t, b]
