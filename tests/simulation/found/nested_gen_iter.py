KEY = "a"
def gen():
    global KEY
    KEY = "b"
    yield 1
async def main(box):
    gens = [gen()]
    for g in gens:
        a = await lookup("a")
        for x in g:
            pass
        b = await lookup(KEY)
    return a, b
