"""The handler names one kind of exception; the first failure decides."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    try:
        a = await lookup(key="a", site=1)
        b = await orders_of(key="b", site=2)
        c = await stored(key="c", site=3)
    except LookupError as error:
        seen("lookup", error)
        return "lookup"
    return [a, b, c]
