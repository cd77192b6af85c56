import copy
KEY = "a"
class O:
    def __deepcopy__(self, m):
        global KEY
        KEY = "b"
        return self
async def main(box):
    o = O()
    a = await lookup("a")
    x = copy.deepcopy(o)
    b = await lookup(KEY)
    return a, b
