async def main(box):
    items = [1]
    held = eval("items")
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
