KEY = "a"
def g():
    global KEY
    KEY = "b"
    yield "x"
async def main(box):
    m = g()
    a = await lookup("a")
    t = "x" in m
    b = await lookup(KEY)
    return a, b
