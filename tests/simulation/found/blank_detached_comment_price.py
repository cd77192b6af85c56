async def main(box):
    a = await price("a")

    # detached comment

    b = await price("b")  # trailing b
    # after b

    x = 1
    # before c
    c = await price("c")
    return a, b, c, x
