"""A listing sees the file that was written before it."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await write_file(path="d/new.txt", text="new", site=1)
    return await list_files(pattern="d/*.txt", site=2)
