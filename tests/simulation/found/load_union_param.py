import simworld
async def main(conn: simworld.Session | simworld.Client):
    a = await load(conn, 1)
    b = await load(conn, 2)
    return a, b
