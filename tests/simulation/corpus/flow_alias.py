"""The list that is filled has another name where it is read."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    xs = [1]
    ys = xs
    n = await fill(items=ys, key="a", site=1)
    seen_now = await weigh(items=xs, site=2)
    return [n, seen_now]
