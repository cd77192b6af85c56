import simworld
from dataclasses import dataclass
@dataclass
class Deps:
    conn: simworld.Session
async def main(deps: Deps):
    a = await load(deps, 1)
    b = await load(deps, 2)
    return a, b
