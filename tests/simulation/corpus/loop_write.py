"""A write per turn that may fail."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    for key in ["a", "b", "c"]:
        await save(key=key, value=1, site=1)
