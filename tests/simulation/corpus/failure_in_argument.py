"""The write's argument fails before it; the read behind it never starts in vain."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await save(key="k", value=box["missing"], site=1)
    a = await lookup(key="a", site=2)
    return a
