"""Arguments that may raise, in a `try` of each turn: no handler and no later turn sees the names."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    found = []
    for row in [{"a": "a", "b": "b"}, {"a": "c", "b": "a"}]:
        try:
            a = await lookup(key=row["a"], site=1)
            b = await orders_of(key=row["b"], site=2)
            found.append([a, b])
        except Exception as error:
            seen("handler", type(error).__name__, error)
    return found
