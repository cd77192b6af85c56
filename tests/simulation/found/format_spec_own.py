KEY = "a"
class E:
    def __format__(self, s):
        global KEY
        KEY = "b"
        return "x"
async def main(box):
    e = E()
    a = await lookup("a")
    s = f"{1:{e}}"
    b = await lookup(KEY)
    return a, b
