async def main(box):
    d = {"a": "a", "b": "b", "c": "c"}
    n = 1
    async def inner():
        v5 = await shelf(key=d.get("zz", "b"), site=4)
        v6 = await weigh(items=lambda: n, site=5)
        v7 = await orders_of(key="b", site=6)
    return await inner()
