"""The validator refuses outputs that are wrong, one hand-made mistake at a time."""

from __future__ import annotations

import pytest
from pexec.analyzer.config import check
from pexec.analyzer.engine import Analysis, analyze
from pexec.analyzer.source import from_text
from pexec.analyzer.validate import refusal
from pexec.codemods import parallelize

TOOLS = [
    {"match": "users", "reads": ["users:{0}"], "returns": "fresh"},
    {"match": "orders", "reads": ["orders:{0}"], "returns": "fresh"},
    {"match": "carts", "reads": ["carts:{0}"], "returns": "fresh"},
    {"match": "save", "writes": ["store:{0}"], "returns": "fresh"},
]
SOURCE = '''\
"""Pages."""

from __future__ import annotations


async def page(uid, box):
    a = await users(uid)
    print("users")
    b = await orders(uid)
    await save(uid)
    return a, b


async def other(uid, box):
    a = await users(box["a"])
    b = await orders(box["b"])
    c = await carts(box["c"])
    return a, b, c
'''
CONFIG = check({"tools": TOOLS}, "test")


def analysis() -> Analysis:
    return analyze(from_text(SOURCE), CONFIG, script=False)


def right() -> str:
    result = parallelize(SOURCE, config=CONFIG)
    assert result.changed
    return result.source


WRONG = {
    "a task is not cancelled": ("        b_task.cancel()\n", ""),
    "the tasks are not drained": (
        "        await asyncio.gather(b_task, return_exceptions=True)\n",
        "        pass\n",
    ),
    "the drain raises": ("b_task, return_exceptions=True", "b_task"),
    "a task is not awaited": ("        b = await b_task\n", "        b = None\n"),
    "an argument changed": ("ensure_future(orders(uid))", "ensure_future(orders(box))"),
    "another call": ("ensure_future(orders(uid))", "ensure_future(carts(uid))"),
    "a statement is gone": ('        print("users")\n', ""),
    "a statement is doubled": ('        print("users")\n', '        print("users")\n' * 2),
    "a statement moved": (
        '        print("users")\n        b = await b_task\n',
        '        b = await b_task\n        print("users")\n',
    ),
    "a statement was added": ("    try:\n", "    launch()\n    try:\n"),
    "a value is evaluated ahead and not used": (
        "    b_task = asyncio",
        "    x = launch()\n    b_task = asyncio",
    ),
    "something is awaited ahead": (
        "    b_task = asyncio",
        "    x = await users(1)\n    b_task = asyncio",
    ),
    "a handler was added": (
        "    finally:\n",
        "    except ValueError:\n        pass\n    finally:\n",
    ),
    "the write starts early": (
        "    b_task = asyncio.ensure_future(orders(uid))\n",
        "    b_task = asyncio.ensure_future(orders(uid))\n"
        "    s_task = asyncio.ensure_future(save(uid))\n",
    ),
    "the import is missing": ("import asyncio\n", ""),
    "the import stands before the docstring": ('"""Pages."""', 'import asyncio\n"""Pages."""'),
    "asyncio is something else": ("async def page(uid, box)", "async def page(uid, asyncio)"),
    "a builtin is rebound": ("b_task", "print"),
    "a name of the file is rebound": ("b_task", "uid"),
    "the output does not parse": ("    finally:\n", "    finally\n"),
    "gathered where a caller can see the order": (
        "\n    try:\n        a = await users(uid)",
        "\n    a, b = await asyncio.gather(users(uid), orders(uid))\n    try:\n        a = 1",
    ),
}


def test_the_right_output_is_not_refused() -> None:
    assert refusal(analysis(), right(), CONFIG) == ""
    assert refusal(analysis(), SOURCE, CONFIG) == ""


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_output_is_refused(name: str) -> None:
    old, new = WRONG[name]
    text = right()
    assert old in text, text
    count = -1 if name.startswith(("a builtin", "a name")) else 1
    assert refusal(analysis(), text.replace(old, new, count), CONFIG)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Arguments that may raise, evaluated in another order, or once something runs.
        (
            '    b_argument = box["b"]\n    c_argument = box["c"]\n',
            '    c_argument = box["c"]\n    b_argument = box["b"]\n',
        ),
        ("carts(c_argument)", 'carts(box["c"])'),
        ("users(a_argument)", 'users(box["a"])'),
        ("users(a_argument)", "users(b_argument)"),
    ],
)
def test_arguments_keep_their_order(old: str, new: str) -> None:
    text = right()
    assert old in text, text
    assert refusal(analysis(), text.replace(old, new, 1), CONFIG)
