async def work(d, xs):
    a = await lookup("a", site=1)
    b = await lookup(d["x"], site=2)
    c = await lookup(xs[5], site=3)
    return a, b, c
async def main(box):
    return await work({}, [])
