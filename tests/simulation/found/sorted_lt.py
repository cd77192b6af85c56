KEY = "a"
class O:
    def __lt__(self, o):
        global KEY
        KEY = "b"
        return True
async def main(box):
    os = [O(), O()]
    a = await lookup("a")
    x = sorted(os)
    b = await lookup(KEY)
    return a, b
