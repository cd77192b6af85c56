"""The argument of the third call raises when the second one could be running already."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
    c = await lookup(key=box["missing"], site=3)
    return [a, b, c]
