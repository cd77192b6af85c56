KEY = "a"
def set_key():
    global KEY
    KEY = "b"
    return int
async def main(box):
    a = await lookup("a")
    def g(x: set_key()) -> None: pass
    b = await lookup(KEY)
    return a, b
