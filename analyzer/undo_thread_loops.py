"""Undoing the pool of threads that makes the calls of all turns ahead (see ``undo``).

The shape is known here as a pattern on canonical forms only; what emits it is not looked at.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .canon import Refused, occurrences
from .lowering.compare import Item
from .undo_comprehensions import taken, task_of
from .undo_loops import (
    Loop,
    comprehended,
    listed_again,
    mentions,
    named,
    originals,
    put_back,
    taken_by,
)
from .undo_sieves import Sieved, chosen, sieved_as
from .undo_starts import Start, made_call
from .undo_threads import opened, submitted

if TYPE_CHECKING:
    from .undo import Undo


def undo_thread_loop(
    undo: Undo, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
) -> tuple[int, int] | None:
    """Match one loop at ``old[i]``: how many statements of each text it takes. Raises Refused."""
    at = next((k for k in range(j, min(j + 3, len(new) - 1)) if _pool(undo, new[k])), None)
    if at is None or i >= len(old):
        return None
    pool, executor, workers = _pool(undo, new[at]) or ("", "", 0)
    frame = new[at + 1]
    if frame.canon != ("Try", "…", ("[]",), None, ("Finally", "…")):
        return None
    start = _start(new[j:at])
    if start is None:
        return None
    start.width = workers
    body, final = frame.blocks
    _closed(final, pool)
    if len(body) != 2:
        raise Refused("the `try` holds more than its calls and what takes their results")
    futures, context, call, turns = _futures(undo, body[0], pool, start)
    if occurrences(body[1].canon, pool) or mentions(body[1:], pool):
        raise Refused("the pool is used for something else")
    future, listed, sieved = _undone(old[i], body[1], start, futures, call, turns)
    named(undo, [start.bound, start.function, pool, futures, future])
    undo.loops.append(
        Loop("threads", id(old), i, workers, start.parameters, call, bool(start.bound), listed,
             frozenset({executor, context}), sieved)
    )  # fmt: skip
    return 1, at + 2 - j


def _undone(
    old: Item, item: Item, start: Start, futures: str, call: object, turns: tuple[object, object]
) -> tuple[str, bool, Sieved | None]:
    """The name of one future, whether a list is gone through now, and what became of an `if`."""
    target, iterable = turns
    if item.canon[0] != "For":
        inside = list(taken(item.canon, futures))
        if len(inside) != 1 or occurrences(item.canon, futures) != 1 or item.blocks:
            raise Refused("the comprehension does not go through its futures")
        made, own, through = inside[0]
        if own is not None and (own, through) != (target, iterable):
            raise Refused("the comprehension does not go through what its calls are made for")
        one = task_of(made)
        return one, comprehended(old, item.canon, made, start, turns, _result(one), call), None
    one = taken_by(item, target, iterable, futures)
    body, *others = item.blocks
    restored, count = put_back(body, _result(one), call)
    if count != 1 or sum(mentions(block, one) for block in item.blocks) != 1:
        raise Refused("the result of a turn is not taken once")
    kind, _, _, *rest = item.canon
    through = chosen(start.value, start.bound, target, iterable)
    if through is not None:
        inner, test = through
        again = Item((kind, target, inner, *rest), (restored, *others))
        sieved = sieved_as(old, again, test)
        if sieved is not None:
            return one, True, sieved
    found = {
        listed: Item((kind, target, original, *rest), (restored, *others)) == old
        for original, listed in originals(start, iterable)
    }
    return one, listed_again(found), None


def _result(name: str) -> object:
    """``name.result()``."""
    return ("Call", ("Attribute", ("Name", name), ("Name", "result"), None), ("[]",))


def _pool(undo: Undo, item: Item) -> tuple[str, str, int] | None:
    """``pool = ThreadPoolExecutor(max_workers=n)``: the names, and n."""
    match item.canon:
        case ("Assign", ("[]", ("AssignTarget", ("Name", str(pool)))), value):
            found = opened(undo, value)
            return None if found is None else (pool, *found)
        case _:
            return None


def _start(items: Sequence[Item]) -> Start | None:
    """What stands before the pool: what is gone through, and a function that makes one call.

    None if there is more.
    """
    start = Start()
    rest = list(items)
    if rest:
        match rest[0].canon:
            case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value):
                start.bound, start.value = name, value
                rest = rest[1:]
            case _:
                pass
    if rest and _function(rest[0], start):
        rest = rest[1:]
    return None if rest else start


def _function(item: Item, start: Start) -> bool:
    """A local function that does nothing but return the result of one call."""
    match item.canon:
        case ("FunctionDef", ("Name", str(name)),
              ("Parameters", ("[]", *params), None, ("[]",), None, ("[]",), None),
              "…", ("[]",), None, None, None):  # fmt: skip
            pass
        case _:
            return False
    parameters: list[str] = []
    for param in params:
        match param:
            case ("Param", ("Name", str(own)), None, None, None, ""):
                parameters.append(own)
            case _:
                return False
    match [one.canon for one in item.blocks[0]]:
        case [("Return", ("Call", *_) as call)]:
            start.function, start.parameters, start.call = name, tuple(parameters), call
            return True
        case _:
            return False


def _futures(
    undo: Undo, item: Item, pool: str, start: Start
) -> tuple[str, str, object, tuple[object, object]]:
    """The list of futures, the function of the contexts, the call, and what it is made for."""
    match item.canon:
        case (
            "Assign",
            ("[]", ("AssignTarget", ("Name", str(futures)))),
            ("ListComp", element, ("CompFor", target, iterable, ("[]",), None, None)),
        ):
            found = submitted(undo, element, pool)
            if found is not None:
                return futures, found[0], made_call(found[1], start), (target, iterable)
        case _:
            pass
    raise Refused("the pool is not handed one call for each turn")


def _closed(final: tuple[Item, ...], pool: str) -> None:
    """What is not begun is not begun any more, and what is under way is waited for."""
    dropped = ("Arg", ("Name", "True"), ("Name", "cancel_futures"), ("AssignEqual",), "")
    close = ("Attribute", ("Name", pool), ("Name", "shutdown"), None)
    if [item.canon for item in final] != [("Expr", ("Call", close, ("[]", dropped)))]:
        raise Refused("the pool is not closed as it has to be")
