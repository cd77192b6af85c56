async def main(box):
    a = await price("a")  # type: int
    b = await price("b")  # type: int
    return a, b
