async def main(box):
    n = [0]
    m = (n.__setitem__(0, v) for v in [1, 2])
    a = await lookup("a")
    x = 5 in m
    b = await weigh(n)
    return a, b
