"""A count that the handler sees."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    count = 0
    try:
        a = await lookup(key="a", site=1)
        count += 1
        b = await orders_of(key="b", site=2)
        count += 1
    except Exception as error:
        seen("handler", count, error)
    return count
