KEY = "a"
class B:
    def __str__(self):
        global KEY
        KEY = "b"
        return "a"
async def main(box):
    o = B()
    a = await lookup(KEY)
    b = await lookup(f"{o}")
    c = await lookup(KEY)
    return a, b, c
