KEY = "a"
class Sink:
    def get(self, x):
        global KEY
        KEY = "b"
    def __hash__(self): return 1
async def main(box):
    d = {Sink(): 1}
    for s in d:
        a = await lookup("a")
        s.get("b")
        b = await lookup(KEY)
    return a, b
