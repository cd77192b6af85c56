KEY = "a"
def set_key():
    global KEY
    KEY = "b"
    return int
async def main(box):
    a = await lookup("a")
    def g() -> set_key(): pass
    b = await lookup(KEY)
    return a, b
