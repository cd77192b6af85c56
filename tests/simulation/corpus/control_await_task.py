"""An await of a thing that is not a call."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    later = lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
    a = await later
    return [a, b]
