"""An argument that may raise, and a next turn that looks at what the failed one had bound."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    found = []
    a = None
    for row in [{"a": "a", "b": "b"}, {"a": "c", "b": "a"}]:
        try:
            found.append(a)
            a = await lookup(key=row["a"], site=1)
            b = await orders_of(key=row["b"], site=2)
            found.append([a, b])
        except Exception as error:
            seen("handler", type(error).__name__, error)
    return found
