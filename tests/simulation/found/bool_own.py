KEY = "a"
class B:
    def __bool__(self):
        global KEY
        KEY = "b"
        return True
async def main(box):
    o = B()
    a = await lookup("a")
    if o:
        pass
    b = await lookup(KEY)
    return a, b
