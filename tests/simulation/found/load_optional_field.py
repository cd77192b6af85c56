import simworld
class Svc:
    def __init__(self):
        self.conn = None
    async def start(self):
        self.conn = simworld.Session()
    async def go(self):
        a = await load(self, 1)
        b = await load(self, 2)
        return a, b
