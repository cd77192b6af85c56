"""A write that may happen in vain, after a read."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await warm(key="b", site=2)
    return [a, b]
