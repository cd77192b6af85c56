KEY = "a"
class Sink:
    def append(self, x):
        global KEY
        KEY = "b"
async def main(box):
    sinks = [Sink(), Sink()]
    s, t = sinks
    a = await lookup("a")
    s.append("b")
    b = await lookup(KEY)
    return a, b
