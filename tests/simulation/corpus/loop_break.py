"""The loop ends at the first one without an answer."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    found = []
    for key in ["a", "b", "c"]:
        record = await lost(key=key, site=1)
        if record is None:
            break
        found.append(record)
    return found
