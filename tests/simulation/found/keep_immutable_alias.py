async def main(box):
    items = [1]
    await keep(key="a", value=items)
    x = await lookup(key="a", site=1)
    items.append(2)
    y = await shelf(key="a", site=2)
    return x, y
