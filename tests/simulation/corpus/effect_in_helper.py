"""The write is inside a function of this file."""

from typing import Any


async def put(key, at):
    return await save(key=key, value=1, site=at)


async def main(box: dict[str, Any]) -> Any:
    await put("k", 1)
    return await stored(key="k", site=2)
