"""Every turn writes one counter."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    for key in ["a", "A".lower(), "a"]:
        box[len(box)] = await bump(key=key, site=1)
