"""Two spellings of one path."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await write_file(path="d/./a.txt", text="new", site=1)
    return await read_file(path="d/a.txt", site=2)
