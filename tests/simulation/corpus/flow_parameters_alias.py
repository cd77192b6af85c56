"""Two parameters that are one object."""

from typing import Any


async def both(one, other):
    n = await fill(items=one, key="a", site=1)
    seen_now = await weigh(items=other, site=2)
    return [n, seen_now]


async def main(box: dict[str, Any]) -> Any:
    xs = [0]
    return await both(xs, xs)
