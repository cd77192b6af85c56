"""An argument that raises must leave no call behind."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await orders_of(key=box["missing"], site=2)
    return [a, b]
