"""Two questions on a handle that only one call may use."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await ask(what="x", site=1)
    b = await ask(what="y", site=2)
    return [a, b]
