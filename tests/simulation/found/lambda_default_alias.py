async def main(box):
    items = [1]
    get = lambda x=items: x
    held = get()
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
