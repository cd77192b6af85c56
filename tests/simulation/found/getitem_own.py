KEY = "a"
class B:
    def __getitem__(self, k):
        global KEY
        KEY = "b"
        return 1
async def main(box):
    o = B()
    a = await lookup("a")
    x = o["n"]
    b = await lookup(KEY)
    return a, b
