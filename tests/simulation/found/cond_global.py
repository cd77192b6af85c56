if False:
    KEY = "a"
async def main(box):
    x = await save("k", 1)
    y = await lookup(KEY)
    return x, y
