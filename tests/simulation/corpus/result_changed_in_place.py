"""What a call returned is the resource; a later call answers with what it holds by then."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    a = await profile(key="a", site=1)
    a["mark"] = 2
    b = await profile_copy(key="a", site=2)
    return b
