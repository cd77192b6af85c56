"""Two reads in a `try` whose handler sees what was bound."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = b = None
    try:
        a = await lookup(key="a", site=1)
        b = await orders_of(key="b", site=2)
    except Exception as error:
        seen("handler", a, b, error)
    return [a, b]
