"""Output text → the statements of a turn that run in a function of their own (see ``undo_loops``).

The shape is known here as a pattern on canonical forms only; what emits it is not looked at.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass

from .canon import Refused, occurrences, undo_awaits
from .lowering.compare import Item
from .undo_starts import Start


@dataclass(frozen=True, slots=True)
class Run:
    """Old statements ``begin`` to ``end`` of a turn, or of the body of its ``try`` (``tried``).

    ``whole``: with all of the last one, and the function returns the names ``gives``. Else the last
    one stays in place, but for its call, whose form is ``call``.
    """

    begin: int
    end: int
    whole: bool
    gives: tuple[str, ...]
    call: object
    tried: int | None = None


def run_restored(body: tuple[Item, ...], task: str, start: Start) -> tuple[tuple[Item, ...], Run]:
    """The turn with what its function does put back, and which statements these are.

    Raises Refused.
    """
    for k, item in enumerate(body):
        if occurrences(item.canon, task):
            put, run = _put(item, task, start, k)
            return (*body[:k], *put, *body[k + 1 :]), run
        if item.canon[0] == "Try" and item.blocks and _within(item.blocks[0], task):
            inside, run = run_restored(item.blocks[0], task, start)
            if run.tried is not None:
                raise Refused("the calls of a turn stand deeper than in its own `try`")
            whole = Item(item.canon, (inside, *item.blocks[1:]))
            run = Run(run.begin, run.end, run.whole, run.gives, run.call, k)
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
