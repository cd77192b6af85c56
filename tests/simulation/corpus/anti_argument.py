"""The first call reads what the second one's result rebinds and fills."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    xs = [1]
    n = await audit(note="n", payload=xs, site=1)
    m = await fill(items=xs, key="a", site=2)
    return [n, m, xs]
