KEY = "a"
class A:
    @property
    def n(self):
        global KEY
        KEY = "b"
        return 1
class B(A):
    pass
async def main(box):
    o = B()
    a = await lookup("a")
    x = o.n
    b = await lookup(KEY)
    return a, b
