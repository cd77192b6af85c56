async def main(box):
    items = [1]
    try:
        raise ValueError(items)
    except ValueError as e:
        held = e.args[0]
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
