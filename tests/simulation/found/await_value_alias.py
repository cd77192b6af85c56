import asyncio
async def main(box):
    items = [1]
    fut = asyncio.get_running_loop().create_future()
    fut.set_result(items)
    held = await fut
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
