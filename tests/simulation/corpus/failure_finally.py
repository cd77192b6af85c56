"""The `finally` writes, after everything has ended."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    try:
        a = await lookup(key="a", site=1)
        b = await orders_of(key="b", site=2)
    finally:
        await save(key="f", value=1, site=3)
    return [a, b]
