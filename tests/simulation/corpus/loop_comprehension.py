"""A comprehension over calls."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    return [await lookup(key=key, site=1) for key in ("a", "b", "c")]
