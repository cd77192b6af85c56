"""Mail is one resource, whoever gets it."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await mail(to="x", text="hello", site=1)
    return await inbox(site=2)
