async def main(box):
    x = await save("k", 1)
    y = await lookup(NOPE)
    return x, y
