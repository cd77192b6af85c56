"""The clock is read around one call."""

import time
from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    t0 = time.monotonic()
    b = await orders_of(key="b", site=2)
    t1 = time.monotonic()
    c = await stored(key="c", site=3)
    return [a, b, c, t1 - t0]
