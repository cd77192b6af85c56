async def main(box):
    e = "a"
    try:
        raise ValueError("x")
    except ValueError as e:
        pass
    x = await save("k", 1)
    y = await lookup(e)
    return x, y
