async def main(box):
    def f():
        nonlocal k
        del k
    k = "a"
    f()
    r = await save("k", 1)
    y = await lookup(k)
