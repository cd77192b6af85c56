async def main(box):
    class K:
        pass
    k = K()
    k.x = 1
    d = {}
    d[k] = 1
    for j in d:
        a = await lookup("a")
        j.x = 3
        b = await weigh(k)
    return a, b
