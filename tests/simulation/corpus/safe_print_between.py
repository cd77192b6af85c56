"""A print between two reads stays between their results."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    print("got", a["name"])
    b = await orders_of(key="b", site=2)
    print("done")
    return [a, b]
