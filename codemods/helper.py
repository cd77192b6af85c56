"""Run awaitables together, with the results and the failure of running them one by one.

`pexec-fix --print-helper` prints this file. Put it into your project and name the function in the
configuration, `helper = "myapp.aio.gather_in_order"`; it needs nothing but the standard library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar, overload

_T = TypeVar("_T")
_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_T5 = TypeVar("_T5")
_T6 = TypeVar("_T6")


@overload
async def gather_in_order(a: Awaitable[_T1], /) -> tuple[_T1]: ...
@overload
async def gather_in_order(a: Awaitable[_T1], b: Awaitable[_T2], /) -> tuple[_T1, _T2]: ...
@overload
async def gather_in_order(
    a: Awaitable[_T1], b: Awaitable[_T2], c: Awaitable[_T3], /
) -> tuple[_T1, _T2, _T3]: ...
@overload
async def gather_in_order(
    a: Awaitable[_T1], b: Awaitable[_T2], c: Awaitable[_T3], d: Awaitable[_T4], /
) -> tuple[_T1, _T2, _T3, _T4]: ...
@overload
async def gather_in_order(
    a: Awaitable[_T1],
    b: Awaitable[_T2],
    c: Awaitable[_T3],
    d: Awaitable[_T4],
    e: Awaitable[_T5],
    /,
) -> tuple[_T1, _T2, _T3, _T4, _T5]: ...
@overload
async def gather_in_order(
    a: Awaitable[_T1],
    b: Awaitable[_T2],
    c: Awaitable[_T3],
    d: Awaitable[_T4],
    e: Awaitable[_T5],
    f: Awaitable[_T6],
    /,
) -> tuple[_T1, _T2, _T3, _T4, _T5, _T6]: ...
@overload
async def gather_in_order(*awaitables: Awaitable[_T]) -> list[_T]: ...
async def gather_in_order(*awaitables: Awaitable[Any]) -> Any:
    """The results in the order of the arguments (a list, as from `asyncio.gather`).

    All awaitables run at once, the first one in the task of the caller. The failure that is raised
    is the one that comes first in the order of the arguments, as soon as those before it have
    succeeded; it or a cancellation goes on only after all others were cancelled and have ended.
    """
    tasks: list[asyncio.Future[Any]] = []
    try:
        for awaitable in awaitables[1:]:
            started = asyncio.ensure_future(awaitable)
            tasks.append(started)
        results = [await awaitable for awaitable in awaitables[:1]]
        return results + [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
