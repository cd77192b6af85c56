import asyncio
async def main(box):
    d = {"a": "a"}
    xs = ["a"]
    v1 = await asyncio.wait_for(profile(key=d.get("a"), site=1), 50)
    v2 = await stored(key=xs[5], site=2)
    return v1, v2
