async def main(box):
    a = await lookup("a")
    b = (
        await  # why
        lookup("b")
    )
    c = (await (  # inner
        lookup("c")  # tail
    ))
    return a, b, c
