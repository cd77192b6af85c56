KEY = "a"
class B:
    def __str__(self):
        global KEY
        KEY = "b"
        return "B"
async def main(box):
    o = B()
    a = await lookup("a")
    p = f"{o}"
    b = await lookup(KEY)
    return a, b
