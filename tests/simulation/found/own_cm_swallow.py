class S:
    def __enter__(self): return self
    def __exit__(self, *a): return True
async def main(box):
    with S():
        k = "ab"[5]
    r = await save("k", 1)
    y = await lookup(k)
