"""Hand-written rewrites that are wrong, and how it shows."""

from __future__ import annotations

from .pairs import HANDLED, READ_WRITE, TWO_READS

# name: original, wrong rewrite, the kinds of difference of which one at least is reported
WRONG = {
    "first failure in time": (
        TWO_READS.replace('print("between")\n', ""),
        """
        a, b = await asyncio.gather(lookup(key="a", site=1), orders_of(key="b", site=2))
        return [a, b]
        """,
        {"exception"},
    ),
    "sibling left running": (
        TWO_READS.replace('print("between")\n', ""),
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        a = await lookup(key="a", site=1)
        b = await later
        return [a, b]
        """,
        {"running"},
    ),
    "sibling cancelled but not drained": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            print("between")
            b = await later
        finally:
            later.cancel()
        return [a, b]
        """,
        {"running"},
    ),
    "write over a failing read": (
        READ_WRITE,
        """
        later = asyncio.ensure_future(save(key="k", value=1, site=2))
        try:
            a = await lookup(key="a", site=1)
            await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return a
        """,
        {"writes"},
    ),
    "all are waited for before any is looked at": (
        TWO_READS.replace('print("between")\n', ""),
        """
        a, b = await asyncio.gather(
            lookup(key="a", site=1), orders_of(key="b", site=2), return_exceptions=True)
        for each in (a, b):
            if isinstance(each, BaseException):
                raise each
        return [a, b]
        """,
        {"later"},
    ),
    "exclusive handle used twice": (
        """
        a = await query(sql="x", site=1)
        b = await query(sql="y", site=2)
        return [a, b]
        """,
        """
        later = asyncio.ensure_future(query(sql="y", site=2))
        try:
            a = await query(sql="x", site=1)
            b = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"violation"},
    ),
    "cancelled read on a handle that does not bear it": (
        """
        a = await lookup(key="a", site=1)
        b = await query(sql="y", site=2)
        return [a, b]
        """,
        """
        later = asyncio.ensure_future(query(sql="y", site=2))
        try:
            a = await lookup(key="a", site=1)
            b = await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"state"},
    ),
    "print moved": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            b = await later
            print("between")
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"stdout"},
    ),
    "argument changed while it is read": (
        """
        xs = [1]
        n = await audit(note="n", payload=xs, site=1)
        xs.append(2)
        return await lookup(key="a", site=2)
        """,
        """
        xs = [1]
        later = asyncio.ensure_future(lookup(key="a", site=2))
        first = asyncio.ensure_future(audit(note="n", payload=xs, site=1))
        await asyncio.sleep(0)
        xs.append(2)
        try:
            n = await first
            return await later
        finally:
            first.cancel()
            later.cancel()
            await asyncio.gather(first, later, return_exceptions=True)
        """,
        {"state"},
    ),
    "argument evaluated before it is changed": (
        """
        xs = {"key": "a"}
        a = await lookup(key="c", site=1)
        xs["key"] = "b"
        return await orders_of(key=xs["key"], site=2)
        """,
        """
        xs = {"key": "a"}
        later = asyncio.ensure_future(orders_of(key=xs["key"], site=2))
        try:
            a = await lookup(key="c", site=1)
            xs["key"] = "b"
            return await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"call"},
    ),
    "variable that a handler sees": (
        HANDLED,
        """
        a = b = None
        try:
            one = asyncio.ensure_future(lookup(key="a", site=1))
            later = asyncio.ensure_future(orders_of(key="b", site=2))
            try:
                await asyncio.wait([one, later], return_when=asyncio.FIRST_EXCEPTION)
                first, second = await one, await later
                a, b = first, second
            finally:
                one.cancel()
                later.cancel()
                await asyncio.gather(one, later, return_exceptions=True)
        except Exception as error:
            seen("handler", a, b, error)
            await save(key="log", value="failed", site=3)
        return [a, b]
        """,
        {"barrier"},
    ),
    "handler runs beside a sibling": (
        HANDLED,
        """
        a = b = None
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lookup(key="a", site=1)
            b = await later
        except Exception as error:
            seen("handler", a, b, error)
            await save(key="log", value="failed", site=3)
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"barrier"},
    ),
    "exception group": (
        TWO_READS.replace('print("between")\n', ""),
        """
        async with asyncio.TaskGroup() as group:
            one = group.create_task(lookup(key="a", site=1))
            two = group.create_task(orders_of(key="b", site=2))
        return [one.result(), two.result()]
        """,
        {"exception"},
    ),
    "read moved past a guard": (
        """
        a = await lost(key="a", site=1)
        if a is None:
            return None
        return await orders_of(key="b", site=2)
        """,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        try:
            a = await lost(key="a", site=1)
            if a is None:
                return None
            return await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"extra call"},
    ),
    "clock moved": (
        """
        await lookup(key="a", site=1)
        t = await ticks(site=2)
        await lookup(key="b", site=3)
        return t
        """,
        """
        later = asyncio.ensure_future(lookup(key="b", site=3))
        try:
            await lookup(key="a", site=1)
            t = await ticks(site=2)
            await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return t
        """,
        {"barrier"},
    ),
    "pause no longer between": (
        """
        await lookup(key="a", site=1)
        await asyncio.sleep(3)
        await lookup(key="b", site=3)
        """,
        """
        later = asyncio.ensure_future(lookup(key="b", site=3))
        try:
            await lookup(key="a", site=1)
            await asyncio.sleep(3)
            await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"barrier"},
    ),
    "read before the write it must see": (
        """
        await save(key="k", value=1, site=1)
        return await stored(key="k", site=2)
        """,
        """
        later = asyncio.ensure_future(stored(key="k", site=2))
        try:
            await save(key="k", value=1, site=1)
            return await later
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        """,
        {"result", "call"},
    ),
    "argument that raises leaves a coroutine behind": (
        """
        a = await lookup(key="a", site=1)
        b = await orders_of(key=box["missing"], site=2)
        return [a, b]
        """,
        """
        one, two = lookup(key="a", site=1), orders_of(key=box["missing"], site=2)
        a, b = await asyncio.gather(one, two)
        return [a, b]
        """,
        {"complaint"},
    ),
    "client closed under a call": (
        """
        from simworld import Client
        async with Client() as client:
            a = await client.get("u", site=1)
            b = await client.get("v", site=2)
        return [a, b]
        """,
        """
        from simworld import Client
        async with Client() as client:
            later = asyncio.ensure_future(client.get("v", site=2))
            a = await client.get("u", site=1)
            b = await later
        return [a, b]
        """,
        {"violation"},
    ),
    "context variable set in a task": (
        """
        from simworld import tenant
        async def login(key):
            user = await lookup(key=key, site=1)
            tenant.set(key)
            return user
        await login("a")
        b = await orders_of(key="b", site=2)
        return [tenant.get(), b]
        """,
        """
        from simworld import tenant
        async def login(key):
            user = await lookup(key=key, site=1)
            tenant.set(key)
            return user
        _, b = await asyncio.gather(login("a"), orders_of(key="b", site=2))
        return [tenant.get(), b]
        """,
        {"result"},
    ),
    "partial results lost at a deadline": (
        """
        done = box["done"] = []
        try:
            async with asyncio.timeout(6.5):
                done.append(await lookup(key="a", site=1))
                done.append(await lookup(key="b", site=2))
                done.append(await lookup(key="c", site=3))
        except TimeoutError:
            pass
        """,
        """
        done = box["done"] = []
        try:
            async with asyncio.timeout(6.5):
                done.extend(await asyncio.gather(
                    lookup(key="a", site=1), lookup(key="b", site=2), lookup(key="c", site=3)))
        except TimeoutError:
            pass
        """,
        {"box"},
    ),
    "cancellation swallowed": (
        TWO_READS.replace('print("between")\n', ""),
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        a = b = None
        try:
            a = await lookup(key="a", site=1)
            b = await later
        except asyncio.CancelledError:
            pass
        finally:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)
        return [a, b]
        """,
        {"exception"},
    ),
    "no better than before": (
        TWO_READS,
        """
        later = asyncio.ensure_future(orders_of(key="b", site=2))
        a = await lookup(key="a", site=1)
        await asyncio.sleep(20)
        print("between")
        b = await later
        return [a, b]
        """,
        {"later"},
    ),
}
