import asyncio
async def ident(x):
    return x
async def main(box):
    items = [1]
    task = asyncio.ensure_future(ident(items))
    held = await task
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
