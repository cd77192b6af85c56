import sys
async def main(box):
    items = [1]
    held = sys._getframe().f_locals["items"]
    a = await lookup("a")
    held[0] = 5
    b = await weigh(items)
    return a, b
