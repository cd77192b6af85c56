KEY = "a"
class E:
    __match_args__ = ("x",)
    @property
    def x(self):
        global KEY
        KEY = "b"
        return 1
async def main(box):
    e = E()
    a = await lookup("a")
    match e:
        case E(1): pass
    b = await lookup(KEY)
    return a, b
