"""Log lines are unordered, and may be more in a failing run."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    await log_event(text="one", site=2)
    b = await orders_of(key="b", site=3)
    await log_event(text="two", site=4)
    return [a, b]
