async def main(box):
    ﬁ = "a"
    a = await lookup(ﬁ)
    fi = "b"
    b = await lookup(ﬁ)
    return a, b
