async def main(box):
    d = {"a": "a"}
    n = 1
    try:
        z = n + d
    except TypeError as e:
        print("handled")
    await save(key="a", value=1, site=2)
    y = await lookup(key=n + d, site=3)
    return y
