async def work(asyncio):
    a = await lookup("a")
    b = await lookup("b")
    return a, b
async def main(box):
    return await work(3)
