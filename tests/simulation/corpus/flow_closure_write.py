"""A closure rebinds the variable between the two calls."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    key = "a"
    def forward():
        nonlocal key
        key = "b"
    a = await lookup(key="c", site=1)
    forward()
    b = await orders_of(key=key, site=2)
    return [a, b]
