async def work(d, xs):
    a = await lookup("a")
    b = await lookup(d["x"])
    c = await lookup(xs[5])
    return a, b, c
async def main(box):
    try:
        return await work({}, [])
    except KeyError:
        return "key"
    except IndexError:
        return "index"
