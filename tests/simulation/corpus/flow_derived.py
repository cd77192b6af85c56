"""The value goes through a plain statement."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    following = f'{a["next"]}'
    b = await orders_of(key=following, site=2)
    return b
