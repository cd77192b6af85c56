KEY = "a"
class A:
    def __setattr__(self, k, v):
        global KEY
        KEY = "b"
class B(A):
    async def work(self):
        a = await lookup("a")
        self.n = 1
        b = await lookup(KEY)
        return a, b
async def main(box):
    return await B().work()
