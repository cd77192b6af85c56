"""Any statement of the database may change what a query reads."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    await execute(sql="w", site=1)
    return await query(sql="q", site=2)
