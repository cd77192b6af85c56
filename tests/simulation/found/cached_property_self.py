from functools import cached_property
KEY = "a"
class B:
    @cached_property
    def n(self):
        global KEY
        KEY = "b"
        return 1
class C(B):
    async def work(self):
        a = await lookup("a")
        n = self.n
        b = await lookup(KEY)
        return a, b
async def main(box):
    return await C().work()
