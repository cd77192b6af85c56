async def main(box):
    a = await lookup("a")
    def f(x=await lookup("b")):
        """doc
      string"""
        return x
    @(await lookup("c"))["id"].__class__
    def g(): pass
    return a, f()
