async def agen(items):
    own = [1]
    held = yield own
    a = await lookup("a")
    held[0] = 5
    b = await weigh(own)
    yield (a, b)
async def main(box):
    g = agen(1)
    o = await g.__anext__()
    r = await g.asend(o)
    await g.aclose()
    return r
