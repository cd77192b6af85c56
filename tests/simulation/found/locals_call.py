async def main(box):
    a = await lookup("a")
    b = await lookup("b")
    return sorted(locals())
