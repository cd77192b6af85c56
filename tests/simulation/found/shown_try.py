async def main(box):
    d = {"a": "a"}
    try:
        x = d["zz"]
    except KeyError:
        x = None
    await save(key="a", value=1)
    y = await lookup(key=d["zz"])
    return x, y
