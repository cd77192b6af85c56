import simworld
class Base:
    def __init__(self):
        self.conn = simworld.Session()
class Svc(Base):
    async def go(self):
        a = await load(self, 1)
        b = await load(self, 2)
        return a, b
