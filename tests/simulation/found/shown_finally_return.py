async def main(box):
    d = {"a": "a"}
    try:
        await lookup(key="a", site=1)
        z = d["zz"]
    except Exception as e:
        print("handled")
    await save(key="a", value=1, site=2)
    y = await lookup(key=d["zz"], site=3)
    return y
