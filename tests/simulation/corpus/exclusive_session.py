"""Two fetches on one session object."""

from typing import Any

import simworld


async def main(box: dict[str, Any]) -> Any:
    async with simworld.Session() as session:
        a = await session.fetch(sql="x", site=1)
        b = await session.fetch(sql="y", site=2)
    return [a, b]
