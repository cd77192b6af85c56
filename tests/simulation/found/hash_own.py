KEY = "a"
class B:
    def __hash__(self):
        global KEY
        KEY = "b"
        return 1
async def main(box):
    o = B()
    a = await lookup("a")
    n = {o: 1}
    b = await lookup(KEY)
    return a, b
