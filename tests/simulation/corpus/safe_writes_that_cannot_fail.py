"""Writes of different counters that never raise."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await bump(key="a", site=1)
    b = await bump(key="b", site=2)
    return [a, b]
