"""A helper reads the module's variable that the first call's helper sets."""

from typing import Any


current = "a"


async def choose(key, at):
    global current
    found = await lookup(key=key, site=at)
    current = found["next"]


async def use(at):
    return await orders_of(key=current, site=at)


async def main(box: dict[str, Any]) -> Any:
    await choose("b", 1)
    b = await use(2)
    return b
