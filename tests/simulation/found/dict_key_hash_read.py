KEYS = []
class K:
    def __hash__(self):
        KEYS.append("x")
        return 3
async def main(box):
    k = K()
    d = {k: 1}
    KEYS.clear()
    a = await lookup(key="a")
    z = d[k]
    y = await weigh(items=KEYS)
    return a, y
