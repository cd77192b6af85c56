async def main(box):
    items = [1]
    d = {"k": items}
    get = d.get
    held = get("k")
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
