class Base:
    def __init__(self):
        self.n = "a"
class Sub(Base):
    @property
    def n(self):
        KEYS.append("x")
        return "a"
    @n.setter
    def n(self, v):
        pass
KEYS = []
async def use(b: Base, box):
    a = await lookup(key="a")
    x = b.n
    y = await weigh(items=KEYS)
    return a, x, y
async def main(box):
    return await use(Sub(), box)
