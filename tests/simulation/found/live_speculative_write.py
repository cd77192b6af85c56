async def main(box):
    p = await profile(key="a", site=1)
    x = await lookup(key="a", site=1)
    m = p["name"]
    await wipes(key="a")
    return x, m
