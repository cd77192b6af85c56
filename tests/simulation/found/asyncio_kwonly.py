async def work(*, asyncio=1):
    a = await lookup("a")
    b = await lookup("b")
    return a, b
async def main(box):
    return await work()
