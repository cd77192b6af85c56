"""Nobody knows what this context manager does."""

import contextlib
from typing import Any


@contextlib.asynccontextmanager
async def only_one():
    poke()
    yield
    poke()


async def main(box: dict[str, Any]) -> Any:
    async with only_one():
        a = await lookup(key="a", site=1)
        b = await orders_of(key="b", site=2)
    return [a, b]
