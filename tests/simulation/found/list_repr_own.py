KEYS = []
class K:
    def __repr__(self):
        KEYS.append("x")
        return "k"
async def main(box):
    k = K()
    items = [k]
    a = await lookup(key="a")
    x = f"{items}"
    y = await weigh(items=KEYS)
    return a, x, y
