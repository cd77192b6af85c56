import collections
async def main(box):
    d = collections.defaultdict(list)
    a = await lookup("a")
    x = d["q"]
    b = await weigh(d)
    return a, b
