"""A durable workflow replays its calls in order."""

from typing import Any

from dbos import DBOS


@DBOS.workflow()
async def main(box: dict[str, Any]) -> Any:
    a = await lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
    return [a, b]
