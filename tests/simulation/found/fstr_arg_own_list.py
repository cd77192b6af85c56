KEYS = []
class K:
    def __repr__(self):
        KEYS.append("x")
        return "k"
async def main(box):
    ks = [K()]
    a = await weigh(items=KEYS, site=1)
    b = await lookup(key=f"{ks}"[0:0] + "a", site=2)
    return a, b
