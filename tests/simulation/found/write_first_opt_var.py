import simworld
async def main(box):
    client: simworld.Client = None
    r = await save("k", 1)
    y = await client.get("v")
    return y
