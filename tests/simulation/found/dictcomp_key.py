async def main(box):
    class K:
        pass
    k = K()
    k.x = 1
    d = {p: 1 for p in [k]}
    for j in d:
        a = await lookup("a")
        j.x = 3
        b = await weigh(k)
    return a, b
