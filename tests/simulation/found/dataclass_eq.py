from dataclasses import dataclass
KEYS = []
class I:
    def __eq__(self, o):
        KEYS.append("x")
        return True
@dataclass
class P:
    i: I
async def main(box):
    p = P(I())
    q = P(I())
    a = await lookup(key="a")
    z = p == q
    y = await weigh(items=KEYS)
    return a, z, y
