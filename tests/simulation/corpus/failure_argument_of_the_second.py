"""The write has happened when the read's argument fails."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await save(key="k", value=1, site=1)
    a = await lookup(key=box["missing"], site=2)
    return a
