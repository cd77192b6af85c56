import simworld
class S:
    client: simworld.Client | None = None
    async def go(self):
        c = self.client
        await save(key="a", value=1)
        x = await self.client.get(url="v")
        return x, c
async def main(box):
    s = S()
    return await s.go()
