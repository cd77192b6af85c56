async def main(box):
    d = {"a": "a"}
    k = "a"
    x = d[k]
    k = "zz"
    await save(key="a", value=1)
    y = await lookup(key=d[k])
    return x, y
