async def main(box):
    a = await price("a")
    (d  # why d
     ) = await price("c")
    return a, d
