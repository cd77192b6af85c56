async def main(box):
    x = [1]
    class K:
        pass
    k = K()
    k.x = x
    d = {}
    d[k] = 1
    (j,) = d
    a = await lookup("a")
    j.x[0] = 3
    b = await weigh(x)
    return a, b
