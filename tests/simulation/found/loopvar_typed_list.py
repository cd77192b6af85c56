KEY = "a"
class Sink:
    def append(self, x):
        global KEY
        KEY = "b"
async def work(sinks: list[Sink], box):
    for s in sinks:
        a = await lookup("a")
        s.append("b")
        b = await lookup(KEY)
    return a, b
async def main(box):
    return await work([Sink()], box)
