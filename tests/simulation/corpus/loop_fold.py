"""What a turn prints and keeps before another one fails."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    kept = box["kept"] = []
    try:
        for key in ["a", "b", "c"]:
            record = await lookup(key=key, site=1)
            print(key)
            kept.append(record["name"])
    except Exception as error:
        seen("handler", kept, error)
