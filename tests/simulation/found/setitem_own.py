KEY = "a"
class B:
    def __setitem__(self, k, v):
        global KEY
        KEY = "b"
async def main(box):
    o = B()
    a = await lookup("a")
    o["n"] = 1
    b = await lookup(KEY)
    return a, b
