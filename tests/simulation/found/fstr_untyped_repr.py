KEYS = []
class K:
    def __repr__(self):
        KEYS.append("x")
        return "k"
async def use(k):
    a = await lookup(key="a", site=1)
    b = f"{k}"
    c = await weigh(items=KEYS, site=2)
    return a, b, c
async def main(box):
    return await use(K())
