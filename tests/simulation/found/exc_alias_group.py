async def main(box):
    items = [1]
    err = ValueError(items)
    try:
        raise err
    except* ValueError as eg:
        held = eg.exceptions[0].args[0]
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
