KEY = "a"
class B:
    def _n(self):
        global KEY
        KEY = "b"
        return 1
    n = property(_n)
async def main(box):
    o = B()
    a = await lookup("a")
    x = o.n
    b = await lookup(KEY)
    return a, b
