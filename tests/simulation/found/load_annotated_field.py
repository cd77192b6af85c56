import simworld
class Svc:
    conn: simworld.Session
    async def go(self):
        a = await load(self, 1)
        b = await load(self, 2)
        return a, b
