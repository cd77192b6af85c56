"""The value goes through an attribute."""

from typing import Any


class Bag:
    pass


async def main(box: dict[str, Any]) -> Any:
    bag = Bag()
    bag.user = await lookup(key="a", site=1)
    b = await orders_of(key=bag.user["next"], site=2)
    return b
