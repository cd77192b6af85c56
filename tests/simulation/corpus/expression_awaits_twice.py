"""Two awaits in one expression."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    return [await lookup(key="a", site=1), await orders_of(key="b", site=2)]
