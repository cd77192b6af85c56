"""Blocking calls that wait for each other, one after the other, without need.

## What it does

Finds blocking calls in one block, or in one statement, of which none needs what another one gives
or does, and runs the later ones in threads while the first one runs where it is; and `for` loops
and comprehensions that make such a call in each turn, of which no turn needs another one: threads
make the calls of all turns, `max-concurrency` at once, and the loop takes the results in order. The
result of the program stays the same, also in a run where a call fails.

## Why

A blocking call holds up its thread until it is done, and most of them wait for a disk or a server
meanwhile. Two independent calls of 100 ms and 200 ms take 300 ms one after the other, and 200 ms
beside each other. Starting a thread costs about 0.1 ms.

## How it decides

* Only calls that a vocabulary or a declaration says `threads = "safe"` of are made in threads: any
  thread may make them while others make others. So are functions of the project that call only
  such and what is pure, change nothing that others see, and look at nothing but their arguments
  and constants.
* Two statements keep their order if one uses or changes what the other one changes, as for awaited
  calls ([PX101](PX101.md)).
* An expression is a sequence of steps like a block is ([PX105](PX105.md)): what stands between two
  calls of a statement is evaluated where it was.
* A call is not started ahead if it must not run when a call before it fails. A thread cannot be
  cancelled: what has been started runs to its end, so a call that writes is never made in vain.
* In a coroutine the first call may be an awaited one; the blocking calls behind it run while it
  waits. An awaited call behind a blocking one is never started ahead: it could only begin if the
  blocking call let other tasks run where none ran before.
* A coroutine leaves the event loop free while it waits for the threads if nobody can tell: it
  waits somewhere else as well, no handler, `finally` or deadline is around, and it changes nothing
  that other tasks see from there on. Elsewhere it holds the loop, as before, for a shorter time.
* All threads have ended when the block is left, also after a failure; the failure is the one that
  the sequential code would have raised. Each call runs in its own copy of the context variables.
* The pool belongs to one batch, with a thread for each call in it, `max-concurrency` at most.
* Of loops and comprehensions the questions are those of [PX103](PX103.md) and [PX104](PX104.md):
  what is gone through is known to be a container, no turn changes what another one looks at, the
  loop is not left early. If a turn makes several such calls, the longest one starts ahead, and the
  others stay in their turns.
* Arguments that cannot raise are evaluated when the calls are handed over; others in a local
  function, by the thread, if all that they look at is the same in any thread.
* When a turn fails, the calls that no thread has begun are not made, and those under way are waited
  for.
* Every rewrite is undone again and compared with the original before it is offered.

## What is not reported

* A call that is not known to be `threads = "safe"`: sessions and connections, what keeps state per
  thread (`threading.local`, `sqlite3`), subprocesses, and functions of the project that do
  anything else; `--show-blocked` says what.
* A call that changes an object in memory, or is handed a generator: its thread would do so while
  other code looks at it. Beside an awaited call also one that is handed what other tasks may
  change meanwhile: what stands behind an attribute or in a variable of the module.
* `time.sleep`, clock reads, and all that changes the state of the process.
* A call that stands behind a guard (`a() or b()`) or a `yield`, in the header of an `if` or a
  `with`, in an `assert`, or that is handed the result of another one.
* Loops in coroutines, `while` loops, loops that end early, generators, calls in an `if` or a loop
  within a loop's turn, arguments that a turn has to bind first; and loops where `target-version` is
  below 3.9, whose pools cannot drop what they have not begun.
* Files that import `gevent` or `eventlet`; `atexit` or `weakref`, and `__del__`: when the
  interpreter ends no thread can be started.
* Functions of the project at module level, but below `if __name__ == "__main__"`: their threads
  could wait for the import that waits for them.
* What would save less than `min-gain-ms`, and tests, unless `--include-tests` is given.

## How to silence or tune it

* `# pexec: ignore[PX102]` or `# noqa: PX102` on the first or last line of one of the calls, or on
  the line of the `for`.
* `ignore = ["PX102"]` in the settings, or `--ignore PX102`.
* Settings: `tools` (`threads = "safe"`), `min-gain-ms`, `max-concurrency`, `limits`.
"""

from .example import Example

FIX = "always; safe. With `--unsafe-fixes` also calls that write, as for PX101."

_GATES = """\
[[tools]]
match = ["app.gates.tdd_validation", "app.gates.security_scan", "app.gates.performance_check"]
reads = ["repository"]
threads = "safe"
returns = "fresh"
"""

_USERS = """\
[[tools]]
match = "app.crm.get_user"
params = ["user_id"]
reads = ["crm:{user_id}"]
returns = "fresh"
"""

EXAMPLES = (
    Example(
        title="The tools of a coding agent, in a script",
        script=True,
        before="""\
first = Read("file1.md")
second = Read("file2.md")
third = Read("file3.md")
print(len(first) + len(second) + len(third))
""",
        after="""\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

with ThreadPoolExecutor(max_workers=2) as pool:
    second_future = pool.submit(copy_context().run, Read, "file2.md")
    third_future = pool.submit(copy_context().run, Read, "file3.md")
    first = Read("file1.md")
    second = second_future.result()
    third = third_future.result()
print(len(first) + len(second) + len(third))
""",
    ),
    Example(
        title="Functions of your own, declared to be independent",
        settings=_GATES,
        before="""\
from app.gates import performance_check, security_scan, tdd_validation


def gates() -> bool:
    tested = tdd_validation()
    print("tests:", tested)
    secure = security_scan()
    fast = performance_check()
    return tested and secure and fast
""",
        after="""\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from app.gates import performance_check, security_scan, tdd_validation


def gates() -> bool:
    with ThreadPoolExecutor(max_workers=2) as pool:
        secure_future = pool.submit(copy_context().run, security_scan)
        fast_future = pool.submit(copy_context().run, performance_check)
        tested = tdd_validation()
        print("tests:", tested)
        secure = secure_future.result()
        fast = fast_future.result()
    return tested and secure and fast
""",
    ),
    Example(
        title="Two calls in one statement",
        before="""\
import requests

CRM = "https://crm.example.com/users"
SHOP = "https://shop.example.com/orders"


def card(user_id: int) -> tuple[object, object]:
    return requests.get(f"{CRM}/{user_id}"), requests.get(SHOP)
""",
        after="""\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests

CRM = "https://crm.example.com/users"
SHOP = "https://shop.example.com/orders"


def card(user_id: int) -> tuple[object, object]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        get_future = pool.submit(copy_context().run, requests.get, SHOP)
        return requests.get(f"{CRM}/{user_id}"), get_future.result()
""",
    ),
    Example(
        title="A blocking call beside an awaited one",
        settings=_USERS,
        before="""\
import requests
from app.crm import get_user


async def overview(user_id: int) -> tuple[object, object]:
    user = await get_user(user_id)
    rates = requests.get("https://rates.example.com/latest", timeout=5)
    return user, rates.json()
""",
        after="""\
import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests
from app.crm import get_user


async def overview(user_id: int) -> tuple[object, object]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        rates_future = pool.submit(
            copy_context().run,
            requests.get,
            "https://rates.example.com/latest",
            timeout=5,
        )
        user = await get_user(user_id)
        rates = await asyncio.wrap_future(rates_future)
    return user, rates.json()
""",
    ),
    Example(
        title="A loop of requests",
        before="""\
import requests


def crawl(urls: list[str]) -> dict[str, str]:
    pages: dict[str, str] = {}
    for url in urls:
        response = requests.get(url)
        print(response.status_code, url)
        pages[url] = response.text
    return pages
""",
        after="""\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests


def crawl(urls: list[str]) -> dict[str, str]:
    pages: dict[str, str] = {}
    pool = ThreadPoolExecutor(max_workers=8)
    try:
        futures = [pool.submit(copy_context().run, requests.get, url) for url in urls]
        for url, future in zip(urls, futures):
            response = future.result()
            print(response.status_code, url)
            pages[url] = response.text
    finally:
        pool.shutdown(cancel_futures=True)
    return pages
""",
    ),
    Example(
        title="A comprehension of which an element may raise before its call",
        before="""\
import requests


def crawl(rows: list[dict[str, str]]) -> list[requests.Response]:
    return [requests.get(row["url"]) for row in rows]
""",
        after="""\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import requests


def crawl(rows: list[dict[str, str]]) -> list[requests.Response]:
    def get_one(row):
        return requests.get(row["url"])

    pool = ThreadPoolExecutor(max_workers=8)
    try:
        futures = [pool.submit(copy_context().run, get_one, row) for row in rows]
        return [future.result() for future in futures]
    finally:
        pool.shutdown(cancel_futures=True)
""",
    ),
    Example(
        title="An awaited call behind a blocking one",
        left_alone="it could only begin if `requests.get` let other tasks run in between.",
        kind="sleep",
        settings=_USERS,
        before="""\
import requests
from app.crm import get_user


async def overview(user_id: int) -> tuple[object, object]:
    rates = requests.get("https://rates.example.com/latest", timeout=5)
    user = await get_user(user_id)
    return user, rates.json()
""",
    ),
    Example(
        title="A file that is written, and then read",
        left_alone="the second call reads what the first one writes.",
        kind="effect",
        before="""\
def note(text: str) -> None:
    Write("log.md", text)
    print(Read("log.md"))
""",
    ),
    Example(
        title="A loop that ends as soon as it can",
        left_alone="whether there is another turn depends on what a call answers.",
        kind="control",
        before="""\
import requests


def first(urls: list[str]) -> str:
    for url in urls:
        response = requests.get(url)
        if response.ok:
            return response.text
    return ""
""",
    ),
    Example(
        title="A session that threads must not share",
        left_alone="a `requests.Session` gives no promise for several threads.",
        before="""\
import requests


def both(session: requests.Session) -> tuple[object, object]:
    user = session.get("https://crm.example.com/users/7")
    rates = session.get("https://rates.example.com/latest")
    return user.json(), rates.json()
""",
    ),
)
