"""Two reads on a client that bears it; both end before it is closed."""

from typing import Any

import simworld


async def main(box: dict[str, Any]) -> Any:
    async with simworld.Client() as client:
        a = await client.get(url="u", site=1)
        b = await client.get(url="v", site=2)
    return [a, b]
