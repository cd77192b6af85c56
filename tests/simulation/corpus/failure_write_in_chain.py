"""A write behind its own chain, and an earlier read that may fail."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    c = await orders_of(key="c", site=1)
    a = await lookup(key="a", site=2)
    await save(key="k", value=a, site=3)
    return [a, c]
