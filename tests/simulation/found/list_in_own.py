KEYS = []
class K:
    def __eq__(self, other):
        KEYS.append("x")
        return True
async def main(box):
    k = K()
    items = [k]
    a = await lookup(key="a")
    x = 3 in items
    y = await weigh(items=KEYS)
    return a, x, y
