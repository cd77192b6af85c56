"""Hand-written rewrites that are right. Bodies of `main(box)`."""

from __future__ import annotations

TWO_READS = """
a = await lookup(key="a", site=1)
print("between")
b = await orders_of(key="b", site=2)
return [a, b]
"""

HANDLED = """
a = b = None
try:
    a = await lookup(key="a", site=1)
    b = await orders_of(key="b", site=2)
except Exception as error:
    seen("handler", a, b, error)
    await save(key="log", value="failed", site=3)
return [a, b]
"""

READ_WRITE = """
a = await lookup(key="a", site=1)
await save(key="k", value=1, site=2)
return a
"""

WRITE_READ = """
await save(key="k", value=1, site=1)
a = await lookup(key="a", site=2)
return a
"""

CHAIN = """
a = await lookup(key="a", site=1)
b = await orders_of(key=a["next"], site=2)
c = await lookup(key="c", site=3)
return [a, b, c]
"""

RIGHT = {
    "ordered": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            print("between")
            b = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
    ),
    "ordered in a try": (
        HANDLED,
        """
        a = b = None
        try:
            later = asyncio.ensure_future(orders_of(key="b", site=2))
            try:
                a = await lookup(key="a", site=1)
                b = await later
            finally:
                later.cancel()
                await asyncio.gather(later, return_exceptions=True)
        except Exception as error:
            seen("handler", a, b, error)
            await save(key="log", value="failed", site=3)
        return [a, b]
        """,
    ),
    "led by a write": (
        WRITE_READ,
        """
        later = asyncio.ensure_future(lookup(key="a", site=2))
        try:
            await save(key="k", value=1, site=1)
            a = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return a
        """,
    ),
    "a chain as a member": (
        CHAIN,
        """
        later = asyncio.ensure_future(lookup(key="c", site=3))
        try:
            a = await lookup(key="a", site=1)
            b = await orders_of(key=a["next"], site=2)
            c = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b, c]
        """,
    ),
    "an argument that raises before an earlier read fails": (
        """
        try:
            a = await lookup(key="a", site=1)
            b = await orders_of(key=box["missing"], site=2)
        except Exception as error:
            seen("handler", error)
        """,
        """
        try:
            key = box["missing"]
            later = asyncio.ensure_future(orders_of(key=key, site=2))
            try:
                a = await lookup(key="a", site=1)
                b = await later
            finally:
                later.cancel()
                await asyncio.gather(later, return_exceptions=True)
        except Exception as error:
            seen("handler", error)
        """,
    ),
    "plain, of calls that cannot fail": (
        """
        a = await price(sku="a", site=1)
        b = await price(sku="b", site=2)
        return [a, b]
        """,
        """
        a, b = await asyncio.gather(price(sku="a", site=1), price(sku="b", site=2))
        return [a, b]
        """,
    ),
}
