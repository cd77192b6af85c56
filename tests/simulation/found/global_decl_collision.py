async def main(box):
    global b_task
    a = await lookup("a")
    b = await lookup("b")
    return a, b
