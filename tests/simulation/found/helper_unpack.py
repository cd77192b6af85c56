async def main(box):
    x, y = await orders_of(key="a")
    z = await lookup(key="zz")
    return x, y, z
