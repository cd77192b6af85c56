async def main(box):
    v1 = await read_file(path="b", site=1)
    v2 = await price(sku="c", site=2)
    await read_file(path=f"d/{v1}.txt", site=3)
    v3 = await stored(key="c", site=4)
    return v1, v2, v3
