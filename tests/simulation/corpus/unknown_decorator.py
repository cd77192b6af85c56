"""A decorator that replaces the function's body."""

from typing import Any


store = {}

def memo(function):
    async def inner(key, at):
        if key not in store:
            store[key] = await function(key, at)
        return store[key]
    return inner

@memo
async def cached(key, at):
    return await orders_of(key=key, site=at)


async def main(box: dict[str, Any]) -> Any:
    a = await cached("a", 1)
    b = await cached("a", 2)
    return [a, b]
