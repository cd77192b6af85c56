import simworld
async def main(box, c: simworld.Client | None = None):
    client = c
    await save(key="a", value=1)
    x = await client.get(url="v")
    return x
