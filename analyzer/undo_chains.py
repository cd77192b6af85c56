"""Output text → the chains that run in functions of their own, by undoing the shape (see ``undo``).

The shape is known here as a pattern on canonical forms only; what emits it is not looked at.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .canon import Refused, drained, occurrences, shown, undo_awaits
from .lowering.compare import Item

if TYPE_CHECKING:
    from .undo import Undo


@dataclass(frozen=True, slots=True)
class Moved:
    """Old statements ``begin`` to ``end``, of which the last call is awaited by a task.

    ``own``: they run in a function of their own; ``whole``: with all of the last statement, and the
    function returns the names ``gives``. Else that statement stays in place, but for its call,
    whose form is ``call``.
    """

    begin: int
    end: int
    own: bool
    whole: bool = False
    gives: tuple[str, ...] = ()
    call: object = None


@dataclass(frozen=True, slots=True)
class Chained:
    """Old statements ``first`` to ``last``, of which chains run beside what stays in place."""

    block: int  # identity of the old block's tuple of items
    first: int
    last: int
    moved: tuple[Moved, ...]
    reached: frozenset[str]
    form: str = "ordered"


@dataclass(slots=True)
class _Starts:
    functions: dict[str, tuple[Item, ...]] = field(default_factory=dict[str, "tuple[Item, ...]"])
    tasks: dict[str, object] = field(default_factory=dict[str, object])


def undo_chains(
    undo: Undo, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
) -> tuple[int, int] | None:
    """Match chains at ``old[i]``: how many statements of each text they take. Raises Refused."""
    starts, end = _starts(undo, new, j)
    if not starts.functions or not starts.tasks or end >= len(new):
        return None
    frame = new[end]
    if frame.canon != ("Try", "…", ("[]",), None, ("Finally", "…")):
        return None
    body, final = frame.blocks
    drained(undo.aliases, final, list(starts.tasks))
    moved, position = _body(undo, old, i, body, starts)
    fresh = [*starts.functions, *starts.tasks]
    if len(set(fresh)) != len(fresh):
        raise Refused("a new name is bound twice")
    undo.names.update(fresh)
    forms = [item.canon for item in (*new[j:end], *final)]
    undo.chains.append(Chained(id(old), i, position - 1, tuple(moved), undo.reached(forms)))
    return position - i, end + 1 - j


def _starts(undo: Undo, new: tuple[Item, ...], j: int) -> tuple[_Starts, int]:
    """Functions without parameters, then the tasks that are made."""
    starts = _Starts()
    while j < len(new) and (name := _function(new[j])):
        if name in starts.functions:
            raise Refused(f"`{name}` is bound twice")
        starts.functions[name] = new[j].blocks[0]
        j += 1
    while j < len(new):
        match new[j].canon:
            case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value):
                call = undo.opened(value, "ensure_future")
            case _:
                break
        if call is None:
            break
        if name in starts.tasks:
            raise Refused(f"`{name}` is bound twice")
        starts.tasks[name] = call
        j += 1
    return starts, j


def _function(item: Item) -> str:
    match item.canon:
        case ("FunctionDef", ("Name", str(name)),
              ("Parameters", ("[]",), None, ("[]",), None, ("[]",), None),
              "…", ("[]",), None, ("Asynchronous",), None):  # fmt: skip
            return name
        case _:
            return ""


def _body(
    undo: Undo, old: tuple[Item, ...], i: int, body: tuple[Item, ...], starts: _Starts
) -> tuple[list[Moved], int]:
    """What is awaited in the `try`, with the functions put back where their tasks are awaited."""
    waiting = list(starts.tasks)
    called: list[str] = []
    moved: list[Moved] = []
    position = i
    for k, item in enumerate(body):
        used = undo_awaits(item.canon, starts.tasks)[1]
        if not used:
            if any(_mentions(item, name) for name in (*starts.tasks, *starts.functions)):
                raise Refused("a task is looked at where it is not awaited")
            undo.same_at(old, position, item)
            position += 1
            continue
        name = used[0][0]
        if len(used) > 1 or item.blocks or not waiting or waiting.pop(0) != name or k == 0:
            raise Refused("the tasks are not awaited one by one in order")
        function = _called(starts.tasks[name], starts)
        links: Sequence[Item] = ()
        if function:
            called.append(function)
            links = starts.functions[function]
        one, items = _undone(item, name, links, starts, position)
        for own in items:
            if position >= len(old) or own != old[position]:
                raise Refused(f"{shown(own)} of a chain is not what it was")
            position += 1
        moved.append(one)
    if waiting or sorted(called) != sorted(starts.functions):
        raise Refused("a task is started and not awaited in the `try`")
    return moved, position


def _called(call: object, starts: _Starts) -> str:
    match call:
        case ("Call", ("Name", str(name)), ("[]",)) if name in starts.functions:
            return name
        case _:
            if any(occurrences(call, name) for name in starts.functions):
                raise Refused("a function of a chain is not called by itself")
            return ""


def _undone(
    item: Item, task: str, links: Sequence[Item], starts: _Starts, position: int
) -> tuple[Moved, list[Item]]:
    """The original statements that one awaited task stands for."""
    if not links:
        call = starts.tasks[task]
        canon = undo_awaits(item.canon, {task: call})[0]
        assert isinstance(canon, tuple)
        return Moved(position, position, False, call=call), [Item(canon, ())]
    *inside, last = links
    end = position + len(inside)
    match last.canon:
        case ("Return", ("Await", call)):
            canon = undo_awaits(item.canon, {task: call})[0]
            assert isinstance(canon, tuple)
            return Moved(position, end, True, call=call), [*inside, Item(canon, ())]
        case ("Return", ("Name", str(name)) as given):
            names = (name,)
        case ("Return", ("Tuple", ("[]", *elements)) as given):
            names = tuple(_name(e) for e in elements)
        case _ if item.canon == ("Expr", ("Await", ("Name", task))):
            return Moved(position, end, True, True), list(links)
        case _:
            raise Refused("the function of a chain does not end by returning what it gives")
    taken = ("Assign", ("[]", ("AssignTarget", given)), ("Await", ("Name", task)))
    if item.canon != taken or "" in names or len(set(names)) != len(names) or not inside:
        raise Refused("what a chain gives is not bound to the names it had")
    return Moved(position, end - 1, True, True, names), list(inside)


def _name(element: object) -> str:
    match element:
        case ("Element", ("Name", str(name))):
            return name
        case _:
            return ""


def _mentions(item: Item, name: str) -> bool:
    return bool(occurrences(item.canon, name)) or any(
        _mentions(inner, name) for block in item.blocks for inner in block
    )
