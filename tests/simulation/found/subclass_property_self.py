KEYS = []
class Base:
    tag = "a"
    async def go(self):
        a = await lookup(key="a")
        x = self.tag
        y = await weigh(items=KEYS)
        return a, x, y
class Sub(Base):
    @property
    def tag(self):
        KEYS.append("x")
        return "a"
async def main(box):
    return await Sub().go()
