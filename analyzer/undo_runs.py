"""Output text → the statements of a turn that run in a function of their own (see ``undo_loops``).

The shape is known here as a pattern on canonical forms only; what emits it is not looked at.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass, replace

from .canon import Refused, occurrences, undo_awaits
from .lowering.compare import Item
from .undo_starts import Start


@dataclass(frozen=True, slots=True)
class Run:
    """Old statements ``begin`` to ``end`` of a turn, or of the body of its ``try`` (``tried``).

    ``whole``: with all of the last one, and the function returns the names ``gives``. Else the last
    one stays in place, but for its call, whose form is ``call``; behind what it ``gives``, the
    function returns the result of that under the name ``result``.
    """

    begin: int
    end: int
    whole: bool
    gives: tuple[str, ...]
    call: object
    tried: int | None = None
    result: str = ""


def run_restored(body: tuple[Item, ...], task: str, start: Start) -> tuple[tuple[Item, ...], Run]:
    """The turn with what its function does put back, and which statements these are.

    Raises Refused.
    """
    for k, item in enumerate(body):
        if occurrences(item.canon, task):
            if start.call is not None and start.gives:
                return _taken(body, task, start, k)
            put, run = _put(item, task, start, k)
            return (*body[:k], *put, *body[k + 1 :]), run
        if item.canon[0] == "Try" and item.blocks and _within(item.blocks[0], task):
            inside, run = run_restored(item.blocks[0], task, start)
            if run.tried is not None:
                raise Refused("the calls of a turn stand deeper than in its own `try`")
            whole = Item(item.canon, (inside, *item.blocks[1:]))
            run = replace(run, tried=k)
            return (*body[:k], whole, *body[k + 1 :]), run
    raise Refused("the task of a turn is not awaited where its calls stood")


def _within(items: tuple[Item, ...], task: str) -> bool:
    return any(
        occurrences(item.canon, task) or any(_within(block, task) for block in item.blocks)
        for item in items
    )


def _put(item: Item, task: str, start: Start, k: int) -> tuple[tuple[Item, ...], Run]:
    """The original statements that the one which awaits the task stands for."""
    inside = start.inside or ()
    awaited = ("Await", ("Name", task))
    if item.blocks:
        raise Refused("the task of a turn is awaited in a compound statement")
    if start.call is not None:
        canon, used = undo_awaits(item.canon, {task: start.call})
        if len(used) != 1 or not isinstance(canon, tuple):
            raise Refused("the task of a turn is not awaited once")
        return (*inside, Item(canon, ())), Run(k, k + len(inside), False, (), start.call)
    wanted: object = ("Expr", awaited)
    if start.gives:
        names = [("Name", name) for name in start.gives]
        elements = [("Element", name) for name in names]
        given = names[0] if len(names) == 1 else ("Tuple", ("[]", *elements))
        wanted = ("Assign", ("[]", ("AssignTarget", given)), awaited)
    if item.canon != wanted or len(set(start.gives)) != len(start.gives):
        raise Refused("what a turn gives is not bound to the names it had")
    return inside, Run(k, k + len(inside) - 1, True, start.gives, None)


def _taken(body: tuple[Item, ...], task: str, start: Start, k: int) -> tuple[tuple[Item, ...], Run]:
    """The same where names and a result are taken, and the next statement looks at that once."""
    inside = start.inside or ()
    match body[k].canon:
        case ("Assign", ("[]", ("AssignTarget", ("Tuple", ("[]", *taken)))),
              ("Await", ("Name", name))) if name == task and not body[k].blocks:  # fmt: skip
            pass
        case _:
            raise Refused("what a turn gives is not bound to the names it had")
    match taken[-1]:
        case ("Element", ("Name", str(result))):
            pass
        case _:
            raise Refused("what a turn gives is not bound to the names it had")
    given = [("Element", ("Name", name)) for name in start.gives]
    if taken[:-1] != given or len({*start.gives, result}) != len(taken) or k + 1 >= len(body):
        raise Refused("what a turn gives is not bound to the names it had")
    last, count = _called(body[k + 1].canon, result, ("Await", start.call))
    if count != 1 or body[k + 1].blocks or not isinstance(last, tuple):
        raise Refused("the result of a turn is not looked at where its call stood")
    restored = (*body[:k], *inside, Item(last, ()), *body[k + 2 :])
    run = Run(k, k + len(inside), False, start.gives, start.call, result=result)
    return restored, run


def _called(form: object, name: str, call: object) -> tuple[object, int]:
    """A form with ``call`` where ``name`` is looked up, and how often that is.

    Keywords and attributes are spelled like names, and are none.
    """
    match form:
        case ("Name", str(own)) if own == name:
            return call, 1
        case (("Arg" | "Attribute") as kind, value, *rest):
            put, count = _called(value, name, call)
            return (kind, put, *rest), count
        case tuple():
            parts = [_called(part, name, call) for part in form]
            return tuple(part for part, _ in parts), sum(count for _, count in parts)
        case _:
            return form, 0
