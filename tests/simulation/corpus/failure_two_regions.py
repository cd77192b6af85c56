"""Two blocks that each swallow their own failures."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = b = None
    try:
        a = await lookup(key="a", site=1)
    except Exception:
        a = "none"
    try:
        b = await orders_of(key="b", site=2)
    except Exception:
        b = "none"
    return [a, b]
