import simworld
async def work(client: simworld.Client = None):
    r = await save("k", 1)
    y = await client.get("v")
    return y
async def main(box):
    return await work()
