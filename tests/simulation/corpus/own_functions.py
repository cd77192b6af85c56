"""Calls of functions of this file, whose effects are known from their bodies."""

from typing import Any


async def named(key, at):
    found = await lookup(key=key, site=at)
    return found["name"]


async def count(key, at):
    return len(await orders_of(key=key, site=at))


async def main(box: dict[str, Any]) -> Any:
    a = await named("a", 1)
    b = await count("b", 3)
    return [a, b]
