"""The handler sees the first of two bindings of one name."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = None
    try:
        a = await lookup(key="a", site=1)
        a = await orders_of(key="b", site=2)
    except Exception as error:
        seen("handler", a, error)
    return a
