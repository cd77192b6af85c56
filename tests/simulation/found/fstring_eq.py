async def main(box):
    a = await price("a")
    s = f"{await lookup('b')=}"
    return a, s
