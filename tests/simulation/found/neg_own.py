KEY = "a"
class B:
    def __neg__(self):
        global KEY
        KEY = "b"
        return 1
async def main(box):
    o = B()
    a = await lookup("a")
    n = -o
    b = await lookup(KEY)
    return a, b
