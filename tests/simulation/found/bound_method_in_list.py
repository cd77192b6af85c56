async def main(box):
    items = [1]
    d = {"k": items}
    gets = [d.get]
    held = gets[0]("k")
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
