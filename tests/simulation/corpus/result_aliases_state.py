"""What a call returned is the resource; changing it changes the next answer."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await profile(key="a", site=1)
    a["seen"].append(2)
    b = await weigh(items=await profile(key="a", site=2), site=3)
    return b
