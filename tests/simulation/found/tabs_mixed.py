def f():
    return 1
async def main(box):
	a = await lookup("a")
	b = await lookup("b")
	return a, b
