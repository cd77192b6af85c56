KEY = "a"
class D:
    def __get__(self, o, t):
        global KEY
        KEY = "b"
        return 1
class B:
    d = D()
async def main(box):
    o = B()
    a = await lookup("a")
    n = o.d
    b = await lookup(KEY)
    return a, b
