KEY = "a"
class A:
    def __setattr__(self, k, v):
        global KEY
        KEY = "b"
class B(A): pass
async def main(box):
    o = B()
    a = await lookup("a")
    o.n = 1
    b = await lookup(KEY)
    return a, b
