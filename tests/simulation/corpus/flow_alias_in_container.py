"""The list that is filled is held by another one."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    xs = [1]
    held = {"items": xs}
    n = await fill(items=xs, key="a", site=1)
    seen_now = await weigh(items=held, site=2)
    return [n, seen_now]
