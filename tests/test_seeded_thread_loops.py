"""Bugs put into loops of blocking calls on purpose: the validator must refuse what comes of them.

Texts that are nearly right, one by one; and a planner that overlooks what holds turns apart, of
which the programs show that it matters when the validator is off.
"""

from __future__ import annotations

import pytest
from pexec.analyzer import comprehension_plans, loops, turn_plans
from pexec.analyzer.edges import Edge, EdgeKind, Pair
from pexec.analyzer.engine import analyze
from pexec.analyzer.source import from_text
from pexec.analyzer.validate import refusal
from pexec.codemods import rewrite as rewriting
from threaded import config, difference, rewritten

LOOP = """\
def main(box):
    rows = box["rows"] = []
    keys = ["a", "b", "c"]
    for key in keys:
        text = grab(key)
        print(key, text)
        rows.append(text)
    return key, rows
"""
RISKY = """\
def main(box):
    rows = box["rows"] = []
    items = [{"k": "a"}, {}, {"k": "c"}]
    for item in items:
        rows.append(grab(item["k"]))
    return rows
"""
LEFT_OUT = """\
def main(box):
    rows = box["rows"] = []
    keys = ["a", "", "c"]
    for key in keys:
        if not key:
            continue
        rows.append(grab(key))
    return rows
"""
NUMBERED = """\
def main(box):
    for i, key in enumerate(reversed(["a", "b", "c"])):
        box[i] = grab(key)
    return box
"""
LIST = """\
def main(box):
    keys = ["a", "b", "c"]
    box["rows"] = [(key, grab(key)) for key in keys]
    return keys
"""
SET = LIST.replace("[(key, grab(key)) for key in keys]", "{grab(key) for key in keys if key}")
MADE = "[pool.submit(copy_context().run, grab, key) for key in keys]"
FINALLY = "    finally:\n        pool.shutdown(cancel_futures=True)\n"

#: The original, and what is replaced in its rewrite.
TEXTS: dict[str, tuple[str, str, str]] = {
    "too many workers": (LOOP, "max_workers=8", "max_workers=99"),
    "no worker": (LOOP, "max_workers=8", "max_workers=0"),
    "no bound": (LOOP, "max_workers=8", ""),
    "a pool of another kind": (LOOP, "import ThreadPoolExecutor", "import ProcessPoolExecutor"),
    "a pool of processes under its name": (
        LOOP,
        "import ThreadPoolExecutor",
        "import ProcessPoolExecutor as ThreadPoolExecutor",
    ),
    "what is not begun is begun after a failure": (LOOP, "cancel_futures=True", ""),
    "cancelled or not": (LOOP, "cancel_futures=True", "cancel_futures=False"),
    "not waited for": (LOOP, "cancel_futures=True", "wait=False, cancel_futures=True"),
    "closed when all goes well only": (LOOP, FINALLY, "    except ValueError:\n        raise\n"),
    "closed by nobody": (LOOP, FINALLY, "    finally:\n        pass\n"),
    "another pool is closed": (LOOP, "pool.shutdown", "rows.shutdown"),
    "something else is handed to the pool": (
        LOOP, "            print(key, text)\n",
        "            print(key, text)\n            pool.submit(print)\n",
    ),
    "not in a context": (LOOP, "copy_context().run, grab", "grab"),
    "in one context": (LOOP, "copy_context().run", "copy_context.run"),
    "a context of another kind": (LOOP, "from contextvars import", "from other import"),
    "another function": (LOOP, "run, grab", "run, who"),
    "another argument": (LOOP, "grab, key)", "grab, rows)"),
    "the call is made once more": (LOOP, "text = future.result()", "text = grab(key)"),
    "not the call but the print": (
        LOOP, "text = future.result()\n            print(key, text)",
        "text = grab(key)\n            future.result()",
    ),
    "the future in place of its result": (LOOP, "future.result()", "future"),
    "a deadline": (LOOP, "future.result()", "future.result(timeout=1)"),
    "an exception in place of a result": (LOOP, "future.result()", "future.exception()"),
    "results of other turns": (LOOP, "zip(keys, futures)", "zip(keys, reversed(futures))"),
    "turns of other results": (LOOP, "zip(keys, futures)", "zip(reversed(keys), futures)"),
    "one turn less": (LOOP, "zip(keys, futures)", "zip(keys[1:], futures)"),
    "calls for others": (LOOP, "for key in keys]", "for key in rows]"),
    "calls for some": (LOOP, "for key in keys]", "for key in keys if key]"),
    "calls that nobody made yet": (LOOP, MADE, MADE.replace("[", "(").replace("]", ")")),
    "all at once, then the turns": (
        LOOP,
        "        for key, future in zip(keys, futures):\n",
        "        wait(futures)\n        for key, future in zip(keys, futures):\n",
    ),
    "the print is gone": (LOOP, "            print(key, text)\n", ""),
    "the print comes first": (
        LOOP,
        "            text = future.result()\n            print(key, text)\n",
        "            print(key)\n            text = future.result()\n",
    ),
    "the loop's variable is another one": (
        LOOP, "for key, future in zip", "for other, future in zip",
    ),
    "a name that is taken": (LOOP, "futures", "rows"),
    "a name of the builtins": (LOOP, "future ", "print "),
    "one name for two": (LOOP, "futures", "pool"),
    "what its turn would raise is raised before": (
        RISKY, "run, grab_one, item)", 'run, grab, item["k"])',
    ),
    "the argument of another turn": (RISKY, "def grab_one(item)", "def grab_one(other)"),
    "a name that is one of a later turn": (RISKY, "def grab_one(item)", "def grab_one(i)"),
    "nothing is handed over": (RISKY, "grab_one, item)", "grab_one)"),
    "the function does more": (
        RISKY, "        return grab(", "        print(1)\n        return grab(",
    ),
    "the function is decorated": (RISKY, "    def grab_one", "    @print\n    def grab_one"),
    "the function has defaults": (RISKY, "def grab_one(item)", "def grab_one(item=None)"),
    "the others are left out": (LEFT_OUT, "if key]", "if not key]"),
    "nobody is left out": (LEFT_OUT, " if key]", "]"),
    "what was left out is looked for again": (
        LEFT_OUT, "zip(chosen, futures)", "zip(keys, futures)",
    ),
    "used up by the calls": (NUMBERED, "list(enumerate(", "(enumerate("),
    "elements of others": (LIST, "zip(keys, futures)", "zip(rows, futures)"),
    "elements of other results": (
        LIST, "(key, future.result())", "(key, futures[0].result())",
    ),
    "an element less": (LIST, "zip(keys, futures)]", "zip(keys, futures) if key]"),
    "a list in place of a set": (
        SET, "{future.result() for future in futures}", "[future.result() for future in futures]",
    ),
    "all of them": (SET, "for key in keys if key]", "for key in keys]"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_the_validator_refuses_a_text_that_is_nearly_right(name: str) -> None:
    old, was, becomes = TEXTS[name]
    right = rewritten(old).text
    assert was in right, right
    wrong = right.replace(was, becomes)
    analysis = analyze(from_text(old), config())
    assert refusal(analysis, right, config()) == ""
    assert refusal(analysis, wrong, config()) != ""


#: What is right for another program: the original, and a text that the validator must refuse.
OTHERS: dict[str, tuple[str, str]] = {
    "an element that is made now and then": (
        "[grab(key) if key else None for key in keys]",
        "[future.result() if key else None for key, future in zip(keys, futures)]",
    ),
    "an element that may end before its call": (
        "[key and grab(key) for key in keys]",
        "[key and future.result() for key, future in zip(keys, futures)]",
    ),
    "elements one after the other": (
        "list(grab(key) for key in keys)", "list(future.result() for future in futures)",
    ),
    "a call that threads may not make": ("[solo() for key in keys]", ""),
    "a call that is asked for": (
        "[key for key in keys if grab(key)]",
        "[key for key, future in zip(keys, futures) if future.result()]",
    ),
    "one of two calls that are the same": (
        "[(grab(key), grab(key)) for key in keys]",
        "[(future.result(), grab(key)) for key, future in zip(keys, futures)]",
    ),
    "not the call, but what stands around it": ("[len(grab(key)) for key in keys]", ""),
}  # fmt: skip
SPECIAL = {
    "a call that threads may not make": ("solo", "[future.result() for future in futures]"),
    "not the call, but what stands around it": (
        "len, grab(key)", "[future.result() for future in futures]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_the_validator_refuses_what_is_right_for_another_program(name: str) -> None:
    value, taken = OTHERS[name]
    call, taken = SPECIAL.get(name, ("grab, key", taken))
    old = f'def main(box):\n    keys = ["a", "", "c"]\n    box["rows"] = {value}\n'
    new = f"""\
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context


def main(box):
    keys = ["a", "", "c"]
    pool = ThreadPoolExecutor(max_workers=8)
    try:
        futures = [pool.submit(copy_context().run, {call}) for key in keys]
        box["rows"] = {taken}
    finally:
        pool.shutdown(cancel_futures=True)
"""
    assert refusal(analyze(from_text(old), config()), new, config()) != ""


#: A body of `main` for each kind of edge that only the planner would overlook.
EDGES: dict[str, tuple[EdgeKind, str]] = {
    "flow": (EdgeKind.FLOW, """
    keys = {"n": "a"}
    for key in ("b", "c"):
        box[key] = grab(keys["n"])
        keys["n"] = key
"""),
    "effect": (EdgeKind.EFFECT, """
    for key in ("a", "b"):
        print(grab(key))
        keep("b", key)
"""),
    "writes": (EdgeKind.EFFECT, """
    for number in range(3):
        keep("a", number)
"""),
    "failure": (EdgeKind.FAILURE, """
    for number in range(3):
        keep(number, 1)
"""),
    "elements": (EdgeKind.FAILURE, """
    return [keep(number, 1) for number in range(3)]
"""),
    "unknown": (EdgeKind.UNKNOWN, """
    for key in ("a", "b"):
        text = grab(key)
        box.update(text)
"""),
}  # fmt: skip


def overlooking(patch: pytest.MonkeyPatch, kind: EdgeKind) -> None:
    def blocking(pair: Pair, finders: tuple[object, ...]) -> Edge | None:
        found = (find(pair) for find in finders)  # pyright: ignore
        return next((e for e in found if e is not None and e.kind is not kind), None)

    patch.setattr(turn_plans, "blocking", blocking)


@pytest.mark.parametrize("name", EDGES)
def test_the_validator_sees_an_edge_that_the_planner_overlooks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, body = EDGES[name]
    text = f"def main(box):{body}"
    assert rewritten(text).text == text
    overlooking(monkeypatch, kind)
    new = rewritten(text)
    assert new.text == text
    if name != "writes":  # of which the failure holds it too
        assert "validator" in new.notes, new.notes


@pytest.mark.parametrize("name", ["flow", "effect", "failure", "elements"])
def test_the_edge_matters(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, body = EDGES[name]
    text = f"def main(box):{body}"
    overlooking(monkeypatch, kind)
    monkeypatch.setattr(rewriting, "refusal", lambda *arguments: "")
    new = rewritten(text)
    assert new.text != text
    assert difference(text, new.text, exact=True) != ""


def test_the_validator_sees_a_guard_that_the_planner_overlooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = 'def main(box):\n    return [grab(key) if key else None for key in ("a", "", "b")]\n'
    assert rewritten(text).text == text
    monkeypatch.setattr(comprehension_plans, "certain", lambda text: "")
    new = rewritten(text)
    assert new.text == text
    assert "validator" in new.notes, new.notes


def test_the_validator_sees_an_end_that_the_planner_overlooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = """\
def main(box):
    for key in ("a", "b", "c"):
        if grab(key) == "<b>":
            break
"""
    assert rewritten(text).text == text
    monkeypatch.setattr(loops, "leaving", lambda statement: ())
    new = rewritten(text)
    assert new.text == text
    assert "validator" in new.notes, new.notes


def test_the_validator_sees_what_a_thread_may_not_evaluate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = """\
import threading

own = threading.local()


def main(box):
    own.keys = ["a", "b", "c"]
    for number in range(3):
        grab(own.keys[number])
"""
    assert rewritten(text).text == text
    monkeypatch.setattr(turn_plans.Turning, "threaded", lambda *arguments: None)
    new = rewritten(text)
    assert new.text == text
    assert "validator" in new.notes, new.notes
