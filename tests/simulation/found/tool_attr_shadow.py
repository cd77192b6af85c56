async def main(box):
    globals()["lookup"] = mystery
    a = await lookup("a")
    b = await lookup("b")
    return a, b
