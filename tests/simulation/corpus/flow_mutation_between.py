"""The argument's content changes between the two calls."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    want = {"key": "a"}
    a = await lookup(key="c", site=1)
    want["key"] = "b"
    b = await orders_of(key=want["key"], site=2)
    return [a, b]
