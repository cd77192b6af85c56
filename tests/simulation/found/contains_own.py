KEY = "a"
class B:
    def __contains__(self, v):
        global KEY
        KEY = "b"
        return True
async def main(box):
    o = B()
    a = await lookup("a")
    p = 1 in o
    b = await lookup(KEY)
    return a, b
