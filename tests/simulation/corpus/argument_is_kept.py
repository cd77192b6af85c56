"""What a call was handed is kept, and changed later."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    xs = [1]
    await keep(key="a", value=xs, site=1)
    xs.append(2)
    b = await weigh(items=await shelf(key="a", site=2), site=3)
    return b
