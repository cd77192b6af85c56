async def ident(x): return x
async def main(box):
    items = [1]
    co = ident(items)
    held = await co
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
