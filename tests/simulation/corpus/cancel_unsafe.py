"""A read on a connection that a cancelled read leaves one answer behind."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    try:
        a = await lookup(key="a", site=1)
        b = await query(sql="y", site=2)
    except Exception as error:
        seen("handler", error)
        return await query(sql="z", site=3)
    return [a, b]
