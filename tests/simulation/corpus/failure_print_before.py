"""What was printed before the failing call stays printed, and nothing else is."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    try:
        a = await lookup(key="a", site=1)
        print("one")
        b = await orders_of(key="b", site=2)
        print("two")
        c = await stored(key="c", site=3)
        print("three")
    except Exception as error:
        seen("handler", error)
