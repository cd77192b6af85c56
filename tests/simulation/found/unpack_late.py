async def main(box):
    x, y = await price(sku="a", site=1)
    e = await price(sku="b", site=2)
    return x, e
