"""Not even a write that cannot fail itself."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await save(key="k", value=1, site=1)
    await bump(key="a", site=2)
