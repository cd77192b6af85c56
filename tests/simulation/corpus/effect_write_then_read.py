"""A read that must see the write before it."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await save(key="k", value=1, site=1)
    return await stored(key="k", site=2)
