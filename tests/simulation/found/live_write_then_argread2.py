async def main(box):
    p = await profile(key="a", site=1)
    n = p["name"]
    x = await wipe(key="a")
    y = await lookup(key=p["name"], site=2)
    return x, y
