"""Two queries on one connection."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await query(sql="x", site=1)
    b = await query(sql="y", site=2)
    return [a, b]
