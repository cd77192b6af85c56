"""What follows `and` is called only if what stands before it is true."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    return (await lost(key="a", site=1)) and (await orders_of(key="b", site=2))
