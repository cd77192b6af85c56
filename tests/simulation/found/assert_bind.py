async def main(box):
    assert (j := "a")
    await save(key="a", value=1, site=1)
    y = await lookup(key=j, site=2)
