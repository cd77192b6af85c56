async def main(box):
    a = await price("a")
    n = int("x")
    b = await price("b")
    return a, n, b
