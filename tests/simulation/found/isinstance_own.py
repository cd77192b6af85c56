KEY = "a"
class M(type):
    def __instancecheck__(cls, o):
        global KEY
        KEY = "b"
        return True
class O(metaclass=M): pass
async def main(box):
    a = await lookup("a")
    x = isinstance(1, O)
    b = await lookup(KEY)
    return a, b
