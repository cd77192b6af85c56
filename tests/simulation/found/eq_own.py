KEY = "a"
class B:
    def __eq__(self, v):
        global KEY
        KEY = "b"
        return True
async def main(box):
    o = B()
    a = await lookup("a")
    p = o == 1
    b = await lookup(KEY)
    return a, b
