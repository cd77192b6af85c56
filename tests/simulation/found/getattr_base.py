KEY = "a"
class A:
    def __getattr__(self, n):
        global KEY
        KEY = "b"
        return 1
class B(A): pass
async def main(box):
    o = B()
    a = await lookup("a")
    n = o.zzz
    b = await lookup(KEY)
    return a, b
