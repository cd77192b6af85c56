import simworld
async def main(box):
    c = simworld.Client()
    c.get = mystery
    a = await lookup("a")
    e = await c.get("v")
    return a, e
