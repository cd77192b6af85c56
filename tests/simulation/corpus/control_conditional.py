"""One of two calls."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    return (await lookup(key="a", site=1)) if (await lost(key="b", site=2)) else None
