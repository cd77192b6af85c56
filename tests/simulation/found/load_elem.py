import simworld
async def main(conns: list[simworld.Session]):
    for c in conns:
        a = await load(c, 1)
        b = await load(c, 2)
