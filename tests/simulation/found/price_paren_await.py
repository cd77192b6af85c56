async def main(box):
    a = (await price("a"))
    d = (
        # the price
        await price(
            "c"  # key
        )
        # end
    )
    return a, d
