async def main(box):
    a = await price("a")
  # odd indent
    b = await price("b")
        # deeper
    c = await price("c")
    return a, b, c
