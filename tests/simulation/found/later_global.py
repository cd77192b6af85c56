async def main(box):
    try:
        x = await save("k", 1)
        y = await lookup(KEY)
    except NameError as e:
        print(e)
    return 1
def f():
    global KEY
    KEY = "a"
