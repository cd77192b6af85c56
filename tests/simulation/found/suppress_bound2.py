from contextlib import suppress
async def main(box):
    with suppress(Exception):
        key = (await lookup("a"))["id"]
    x = await save("k", 1)
    y = await lookup(key)
    return x, y
