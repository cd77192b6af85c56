KEY = "a"
class B:
    def __iadd__(self, v):
        global KEY
        KEY = "b"
        return self
async def main(box):
    o = B()
    a = await lookup("a")
    o += 1
    b = await lookup(KEY)
    return a, b
