"""The second write is not done if the first one fails."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await save(key="k", value=1, site=1)
    await update(key="a", value="new", site=2)
