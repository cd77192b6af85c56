"""A read per turn."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    found = []
    for key in ["a", "b", "c"]:
        found.append(await lookup(key=key, site=1))
    return found
