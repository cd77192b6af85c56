"""The context variable is set between two calls that carry it."""

import contextvars
from typing import Any

tenant = contextvars.ContextVar("tenant", default="nobody")


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    tenant.set("b")
    b = await orders_of(key="b", site=2)
    return [a, b]
