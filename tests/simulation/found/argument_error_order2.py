async def work(d, xs):
    b = await lookup(d["x"], site=2)
    c = await lookup(xs[5], site=3)
    return b, c
async def main(box):
    return await work({}, [])
