async def main(box):
    key = "a"
    if box is not None:
        del key
    x = await save("k", 1)
    y = await lookup(key)
    return x, y
