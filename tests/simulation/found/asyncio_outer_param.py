def outer(asyncio):
    async def work():
        a = await lookup("a")
        b = await lookup("b")
        return a, b
    return work()
async def main(box):
    return await outer(3)
