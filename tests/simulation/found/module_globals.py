async def main(box):
    a = await lookup("a")
    b = await lookup("b")
    return sorted(k for k in globals() if not k.startswith("_"))
