"""A path that only a join shows."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    folder = "d"
    await write_file(path=f"{folder}/a.txt", text="new", site=1)
    return await read_file(path="d/a.txt", site=2)
