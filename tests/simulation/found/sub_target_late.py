async def main(box):
    d = {"a": 1}
    d["x"]["y"] = await price(sku="a", site=1)
    e = await price(sku="b", site=2)
    return d, e
