import asyncio
async def main(box):
    xs = ["a"]
    v1 = await bump(key=xs[5], site=2)
    v2 = await asyncio.wait_for(lookup(key="c", site=3), 50)
    return v1, v2
