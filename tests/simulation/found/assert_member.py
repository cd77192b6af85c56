async def main(box):
    await bump("a")
    assert await lookup("b")
    return 1
