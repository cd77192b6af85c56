"""The first call sets a context variable for its caller."""

import contextvars
from typing import Any


tenant = contextvars.ContextVar("tenant", default="nobody")


async def login(key, at):
    found = await lookup(key=key, site=at)
    tenant.set(key)
    return found


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="c", site=1)
    u = await login("a", 2)
    b = await orders_of(key="b", site=3)
    return [a, u, b, tenant.get()]
