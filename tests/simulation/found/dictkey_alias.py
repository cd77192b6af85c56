class K:
    pass
async def main(box):
    k = K()
    k.xs = [1]
    d = {k: 1}
    j = list(d)[0]
    a = await lookup("a")
    j.xs[0] = 2
    b = await weigh(k)
    return a, b
