import simworld
async def main(conns: list[simworld.Session]):
    a = await load(conns, 1)
    b = await load(conns, 2)
    return a, b
