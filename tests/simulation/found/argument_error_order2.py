async def work(d, xs):
    b = await lookup(d["x"])
    c = await lookup(xs[5])
    return b, c
async def main(box):
    try:
        return await work({}, [])
    except KeyError:
        return "key"
    except IndexError:
        return "index"
