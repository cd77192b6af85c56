KEYS = []
class K:
    def __eq__(self, other):
        KEYS.append("x")
        return True
async def main(box):
    k = K()
    items = [k]
    a = await lookup(key="a")
    x = items == [3]
    y = await weigh(items=KEYS)
    return a, x, y
