async def main(box):
    key = "a"
    for i in range(2):
        x = await save("k", i)
        y = await lookup(key)
        del key
    return x, y
