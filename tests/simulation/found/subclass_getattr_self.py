KEYS = []
class Base:
    async def go(self):
        a = await lookup(key="a")
        x = self.tag
        y = await weigh(items=KEYS)
        return a, x, y
class Sub(Base):
    def __getattr__(self, name):
        KEYS.append(name)
        return "a"
async def main(box):
    return await Sub().go()
