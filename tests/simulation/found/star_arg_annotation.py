KEY = "a"
async def main(box):
    global KEY
    a = await lookup("a")
    def g(*x: (KEY := "b")): pass
    b = await lookup(KEY)
    return a, b
