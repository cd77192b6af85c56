KEY = "a"
def g():
    global KEY
    KEY = "b"
    yield "x"
async def main(box):
    m = g()
    xs = []
    a = await lookup("a")
    xs += m
    b = await lookup(KEY)
    return a, b
