"""The result is changed while a later call reads the same entry."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await profile(key="a", site=1)
    a["seen"].append(2)
    b = await profile(key="a", site=2)
    c = await lookup(key="c", site=3)
    return [a, b, c]
