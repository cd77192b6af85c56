"""Both calls add to one list; the second one is fast."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    xs = [1]
    n = await fill(items=xs, key="a", site=1)
    m = await fill(items=xs, key="b", site=2)
    return [n, m, xs]
