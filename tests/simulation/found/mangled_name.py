class C:
    async def h(self, __k="a"):
        a = await lookup(__k)
        _C__k = "b"
        b = await lookup(__k)
        return a, b
async def main(box):
    return await C().h()
