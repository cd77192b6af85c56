_C__k = "a"
class C:
    async def h(self):
        global _C__k
        a = await lookup(__k)
        _C__k = "b"
        b = await lookup(__k)
        return a, b
async def main(box):
    return await C().h()
