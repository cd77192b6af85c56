"""A write, then a read of something else: the write leads."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await save(key="k", value=1, site=1)
    a = await lookup(key="a", site=2)
    return a
