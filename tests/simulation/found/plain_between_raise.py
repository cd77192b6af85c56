async def main(box):
    a = await price("a")
    x = 1 / (a - a)
    b = await price("b")
    return x, b
