"""More reads than may run at once."""

from typing import Any


async def main(box: dict[str, Any]) -> Any:
    r0 = await lookup(key="k0", site=1)
    r1 = await lookup(key="k1", site=2)
    r2 = await lookup(key="k2", site=3)
    r3 = await lookup(key="k3", site=4)
    r4 = await lookup(key="k4", site=5)
    r5 = await lookup(key="k5", site=6)
    r6 = await lookup(key="k6", site=7)
    r7 = await lookup(key="k7", site=8)
    r8 = await lookup(key="k8", site=9)
    return [r0, r1, r2, r3, r4, r5, r6, r7, r8]
