"""The write is not done if the read fails."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    await save(key="k", value=1, site=2)
    return a
