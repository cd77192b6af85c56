import simworld
class Repo:
    def __init__(self):
        self.conn = simworld.Session()
class Svc:
    def __init__(self):
        self.repo = Repo()
    async def go(self):
        a = await load(self, 1)
        b = await load(self, 2)
        return a, b
