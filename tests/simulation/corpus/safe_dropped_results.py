"""Reads whose results nobody keeps may still fail."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await lookup(key="a", site=1)
    await orders_of(key="b", site=2)
    await stored(key="c", site=3)
