"""A failure that is swallowed ends the block."""

import contextlib
from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = b = None
    with contextlib.suppress(Exception):
        a = await lookup(key="a", site=1)
        b = await orders_of(key="b", site=2)
    c = await stored(key="c", site=3)
    return [a, b, c]
