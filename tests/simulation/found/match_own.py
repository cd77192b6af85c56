KEYS = []
class K:
    def __eq__(self, o):
        KEYS.append("x")
        return True
async def main(box):
    k = K()
    a = await lookup(key="a", site=1)
    match [k]:
        case [3]:
            z = 1
    y = await weigh(items=KEYS, site=2)
    return a, y
