"""Bugs put into pools of threads on purpose: the validator must refuse what comes of them.

Texts that are nearly right, one by one; and a scheduler that overlooks edges, of which the
programs show that they matter when the validator is off.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import pytest
from pexec.analyzer import dependence, schedule, threads
from pexec.analyzer.edges import Edge, EdgeKind, Pair
from pexec.analyzer.engine import analyze
from pexec.analyzer.source import from_text
from pexec.analyzer.validate import refusal
from pexec.codemods import rewrite as rewriting
from threaded import config, difference, rewritten

BLOCKING = """\
def main(box):
    a = grab("a")
    print(a)
    b = grab("b")
    c = grab("c")
    return a, b, c
"""
AWAITED = """\
async def main(box):
    await wait()
    a = grab("a")
    b = grab("b")
    return a, b
"""
WITHIN = """\
def main(box):
    return [grab("a"), grab("b"), len(box), grab("b"), lambda: grab("b")]
"""
WITHIN_OF_A_COROUTINE = """\
async def main(box):
    await wait()
    return [grab("a")[:9], grab("b")[:9]]
"""
HELD = """\
    with ThreadPoolExecutor(max_workers=1) as pool:
        b_future = pool.submit(copy_context().run, grab, "b")
        a = grab("a")
        b = b_future.result()
"""
PAUSED = """\
    with ThreadPoolExecutor(max_workers=2) as pool:
        a_future = pool.submit(copy_context().run, grab, "a")
        b_future = pool.submit(copy_context().run, grab, "b")
        a = await asyncio.wrap_future(a_future)
        b = await asyncio.wrap_future(b_future)
"""
FLAG = """\
async def main(box):
    await wait()
    if box["busy"]:
        return None
    a = grab("a")
    b = grab("b")
    box["busy"] = True
    return a, b
"""
DEADLINE = """\
async def main(box):
    await wait()
    async with asyncio.timeout(1):
        a = grab("a")
        b = grab("b")
    return a, b
"""
BESIDE = """\
async def main(box):
    x = await fetch("x")
    print(x)
    a = grab("a")
    return x, a
"""
BESIDE_FLAG = """\
async def main(box):
    x = await fetch("x")
    box["x"] = grab("a")
"""
HANDED = """\
async def main(box):
    await wait()
    a = grab("a")
    b = grab(box["b"])
    return a, b
"""
NEVER_WAITS = AWAITED.replace("    await wait()\n", "")
TORN = AWAITED.replace('a = grab("a")', 'box["n"] += grab("a")').replace("a, b", "b")
#: The original, and what is replaced in its rewrite.
TEXTS: dict[str, tuple[str, str, str]] = {
    "too few workers": (BLOCKING, "max_workers=2", "max_workers=1"),
    "too many workers": (BLOCKING, "max_workers=2", "max_workers=9"),
    "no bound": (BLOCKING, "max_workers=2", ""),
    "results change places": (
        BLOCKING,
        "b = b_future.result()\n        c = c_future.result()",
        "b = c_future.result()\n        c = b_future.result()",
    ),
    "taken in another order": (
        BLOCKING,
        "b = b_future.result()\n        c = c_future.result()",
        "c = c_future.result()\n        b = b_future.result()",
    ),
    "a result is not taken": (BLOCKING, "        c = c_future.result()\n", ""),
    "a result is taken twice": (BLOCKING, "c = c_future.result()", "c = b_future.result()"),
    "the future in place of its result": (BLOCKING, "c_future.result()", "c_future"),
    "a deadline": (BLOCKING, "c_future.result()", "c_future.result(timeout=1)"),
    "an exception in place of a result": (BLOCKING, "c_future.result()", "c_future.exception()"),
    "another argument": (BLOCKING, 'grab, "b"', 'grab, "c"'),
    "another function": (BLOCKING, 'grab, "b"', 'who, "b"'),
    "not in a context": (BLOCKING, "copy_context().run, grab", "grab"),
    "in one context": (BLOCKING, "copy_context().run", "copy_context.run"),
    "a context of another kind": (BLOCKING, "from contextvars import", "from other import"),
    "a pool of another kind": (BLOCKING, "import ThreadPoolExecutor", "import ProcessPoolExecutor"),
    "a pool of processes under its name": (
        BLOCKING,
        "import ThreadPoolExecutor",
        "import ProcessPoolExecutor as ThreadPoolExecutor",
    ),
    "a pool that is not closed": (
        BLOCKING,
        "with ThreadPoolExecutor(max_workers=2) as pool:\n",
        "pool = ThreadPoolExecutor(max_workers=2)\n    if True:\n",
    ),
    "the pool is open for longer": (
        BLOCKING, "    return a, b, c", "        return a, b, c",
    ),
    "the print is gone": (BLOCKING, "        print(a)\n", ""),
    "the print comes first": (
        BLOCKING,
        '        a = grab("a")\n        print(a)\n',
        '        print(a)\n        a = grab("a")\n',
    ),
    "a call more": (BLOCKING, "print(a)\n", "print(a)\n        pool.submit(print)\n"),
    "the call is made twice": (BLOCKING, "b = b_future.result()", 'b = grab("b")'),
    "a name that is taken": (BLOCKING, "b_future", "box"),
    "a name of the builtins": (BLOCKING, "b_future", "print"),
    "one name for two": (BLOCKING, "c_future", "b_future"),
    "holds the loop and waits as well": (
        AWAITED, "await asyncio.wrap_future(b_future)", "b_future.result()",
    ),
    "the first call blocks as well": (
        AWAITED, "a = await asyncio.wrap_future(a_future)", 'a = grab("a")',
    ),
    "a future that is not wrapped": (AWAITED, "await asyncio.wrap_future(b_future)",
                                     "await b_future"),
    "shielded": (AWAITED, "asyncio.wrap_future(b_future)",
                 "asyncio.shield(asyncio.wrap_future(b_future))"),
    "asyncio of another kind": (AWAITED, "import asyncio", "import anyio as asyncio"),
    "the first call of a statement is made ahead, in a thread": (
        WITHIN,
        "with ThreadPoolExecutor(max_workers=2) as pool:\n",
        "with ThreadPoolExecutor(max_workers=3) as pool:\n"
        '        a_future = pool.submit(copy_context().run, grab, "a")\n',
    ),
    "results of a statement change places": (
        WITHIN,
        "grab_future.result(), len(box), grab_future_2.result()",
        "grab_future_2.result(), len(box), grab_future.result()",
    ),
    "a call of a statement is made twice": (WITHIN, "grab_future.result()", 'grab("b")'),
    "a call that may not be made at all": (
        WITHIN, 'len(box), grab_future_2.result(), lambda: grab("b")',
        'len(box), grab("b"), lambda: grab_future_2.result()',
    ),
    "a result of one statement in another": (
        WITHIN, "return [grab", "grab_future_2.result()\n        return [grab",
    ),
    "a pause within a statement": (
        WITHIN_OF_A_COROUTINE,
        "with ThreadPoolExecutor(max_workers=1) as pool:\n"
        '        grab_future = pool.submit(copy_context().run, grab, "b")\n'
        '        return [grab("a")[:9], grab_future.result()[:9]]\n',
        "with ThreadPoolExecutor(max_workers=2) as pool:\n"
        '        grab_future = pool.submit(copy_context().run, grab, "a")\n'
        '        grab_future_2 = pool.submit(copy_context().run, grab, "b")\n'
        "        return [(await asyncio.wrap_future(grab_future))[:9],\n"
        "                (await asyncio.wrap_future(grab_future_2))[:9]]\n",
    ),
    "the awaited call is gone": (BESIDE, '        x = await fetch("x")\n', ""),
    "the awaited call is a task": (
        BESIDE, 'await fetch("x")', 'await asyncio.ensure_future(fetch("x"))',
    ),
    "the result is taken before the awaited call": (
        BESIDE,
        '        x = await fetch("x")\n        print(x)\n'
        "        a = await asyncio.wrap_future(a_future)\n",
        "        a = await asyncio.wrap_future(a_future)\n"
        '        x = await fetch("x")\n        print(x)\n',
    ),
    "a pool that is opened beside nothing": (
        BESIDE,
        "    with ThreadPoolExecutor(max_workers=1) as pool:\n"
        '        a_future = pool.submit(copy_context().run, grab, "a")\n'
        '        x = await fetch("x")\n',
        '    x = await fetch("x")\n'
        "    with ThreadPoolExecutor(max_workers=1) as pool:\n"
        '        a_future = pool.submit(copy_context().run, grab, "a")\n',
    ),
    "a pause before what others see, beside an awaited call": (
        BESIDE_FLAG,
        'box["x"] = x_future.result()',
        'box["x"] = await asyncio.wrap_future(x_future)',
    ),
    "a pause while a thread looks at what others may change": (
        HANDED,
        HELD.replace('grab, "b"', 'grab, box["b"]'),
        PAUSED.replace('grab, "b"', 'grab, box["b"]'),
    ),
    "a pause before a flag is set": (FLAG, HELD, PAUSED),
    "a pause under a deadline": (
        f"import asyncio\n{DEADLINE}", textwrap.indent(HELD, "    "),
        textwrap.indent(PAUSED, "    "),
    ),
    "a pause within a change": (
        TORN,
        "with ThreadPoolExecutor(max_workers=1) as pool:\n"
        '        b_future = pool.submit(copy_context().run, grab, "b")\n'
        '        box["n"] += grab("a")\n'
        "        b = b_future.result()\n",
        "with ThreadPoolExecutor(max_workers=2) as pool:\n"
        '        a_future = pool.submit(copy_context().run, grab, "a")\n'
        '        b_future = pool.submit(copy_context().run, grab, "b")\n'
        '        box["n"] += await asyncio.wrap_future(a_future)\n'
        "        b = await asyncio.wrap_future(b_future)\n",
    ),
    "a pause that was not there": (
        NEVER_WAITS,
        '    with ThreadPoolExecutor(max_workers=1) as pool:\n'
        '        b_future = pool.submit(copy_context().run, grab, "b")\n'
        '        a = grab("a")\n'
        "        b = b_future.result()\n",
        '    with ThreadPoolExecutor(max_workers=2) as pool:\n'
        '        a_future = pool.submit(copy_context().run, grab, "a")\n'
        '        b_future = pool.submit(copy_context().run, grab, "b")\n'
        "        a = await asyncio.wrap_future(a_future)\n"
        "        b = await asyncio.wrap_future(b_future)\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_the_validator_refuses_a_text_that_is_nearly_right(name: str) -> None:
    old, was, becomes = TEXTS[name]
    right = rewritten(old).text
    assert was in right, right
    wrong = right.replace(was, becomes)
    if name.startswith("the first call"):
        wrong = wrong.replace('[grab("a")', "[a_future.result()")
    if name.startswith("a pause") and "import asyncio" not in wrong:
        wrong = "import asyncio\n" + wrong
    analysis = analyze(from_text(old), config())
    assert refusal(analysis, right, config()) == ""
    assert refusal(analysis, wrong, config()) != ""


#: A program for each kind of edge that only the scheduler would overlook.
EDGES: dict[str, tuple[EdgeKind, str]] = {
    "flow": (EdgeKind.FLOW, 'a = grab("a")\n    return a, grab(a)'),
    "effect in a statement": (EdgeKind.EFFECT, 'return [keep("a", 1), grab("a")]'),
    "failure in a statement": (EdgeKind.FAILURE, 'return [grab("a"), keep("b", 1)]'),
    "effect": (EdgeKind.EFFECT, 'keep("a", 1)\n    return grab("a")'),
    "failure": (EdgeKind.FAILURE, 'a = grab("a")\n    keep("b", 1)\n    return a'),
    "control": (
        EdgeKind.CONTROL, 'a = grab("a")\n    if a:\n        return a\n    return grab("b")',
    ),
    "unknown": (EdgeKind.UNKNOWN, 'a = grab("a")\n    box.update(a)\n    b = grab("b")\n'
                                  "    return a, b"),
}  # fmt: skip


def overlooking(patch: pytest.MonkeyPatch, kind: EdgeKind) -> None:
    def blocking(pair: Pair, finders: Sequence[dependence.Finder] | None = None) -> Edge | None:
        found = (find(pair) for find in finders or dependence.FINDERS)
        return next((e for e in found if e is not None and e.kind is not kind), None)

    patch.setattr(threads, "blocking", blocking)


@pytest.mark.parametrize("name", EDGES)
def test_the_validator_sees_an_edge_that_the_scheduler_overlooks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, body = EDGES[name]
    text = f"def main(box):\n    {body}\n"
    assert rewritten(text).text == text
    overlooking(monkeypatch, kind)
    new = rewritten(text)
    assert new.text == text
    if name != "unknown":
        assert "validator" in new.notes, new.notes


@pytest.mark.parametrize("name", [n for n in EDGES if n.startswith(("effect", "failure"))])
def test_the_edge_matters(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, body = EDGES[name]
    text = f"def main(box):\n    {body}\n"
    overlooking(monkeypatch, kind)
    monkeypatch.setattr(rewriting, "refusal", lambda *arguments: "")
    new = rewritten(text)
    assert new.text != text
    assert difference(text, new.text, exact=True) != ""


@pytest.mark.parametrize(
    "body", ['return [grab("a"), box["x"], grab(box["y"])]',
             'a = grab("a")\n    return [a, box["x"], grab(box["y"])]']
)  # fmt: skip
def test_the_validator_sees_two_errors_that_change_places(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"def main(box):\n    {body}\n"
    monkeypatch.setattr(threads, "early_raise", lambda pair: None)
    new = rewritten(text)
    assert new.text == text
    assert "validator" in new.notes, new.notes
    monkeypatch.setattr(rewriting, "refusal", lambda *arguments: "")
    assert difference(text, rewritten(text).text, exact=True) != ""


def test_the_validator_sees_a_bound_that_the_scheduler_overlooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = "\n".join(f'    v{i} = grab("{i}")' for i in range(12))
    text = f"def main(box):\n{calls}\n    return v0, v11\n"
    regions = schedule.regions

    def wide(rows: Any, **keys: Any) -> Any:
        return regions(rows, **(keys | {"width": 99}))

    monkeypatch.setattr(threads, "regions", wide)
    new = rewritten(text)
    assert new.text == text
    assert "more than 8 calls at once" in new.notes


#: Programs that mix awaited and blocking calls, each with what the scheduler overlooks there.
MIXED: dict[str, tuple[EdgeKind, str]] = {
    "flow": (EdgeKind.FLOW, 'x = await fetch("x")\n    return x, grab(x)'),
    "failure": (EdgeKind.FAILURE, 'x = await fetch("x")\n    keep("b", 1)\n    return x'),
    "control": (EdgeKind.CONTROL, 'x = await fetch("x")\n    if x:\n        return x\n'
                                  '    return grab("b")'),
}  # fmt: skip


@pytest.mark.parametrize("name", MIXED)
def test_the_validator_sees_an_edge_to_an_awaited_call(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, body = MIXED[name]
    text = f"async def main(box):\n    {body}\n"
    assert rewritten(text).text == text
    overlooking(monkeypatch, kind)
    new = rewritten(text)
    assert new.text == text
    assert "validator" in new.notes, new.notes


def test_the_validator_sees_what_other_tasks_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'async def main(box):\n    x = await fetch("x")\n    a = grab(box["a"])\n    return x, a\n'
    )
    assert rewritten(text).text == text
    monkeypatch.setattr(threads, "loop_edge", lambda pair: None)
    new = rewritten(text)
    assert new.text == text
    assert "validator" in new.notes, new.notes
