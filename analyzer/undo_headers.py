"""Undoing what stands before an `if`, `for` or `match` whose header awaited several calls.

Either the results of the calls got names there, all at once or one by one in a `try`, or the value
of the header did. The statement follows, and its blocks are matched like any others.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from .canon import Refused, check_named, drained, occurrences, shown, undo_awaits
from .lowering.compare import Item
from .undo_batch import Batch
from .undo_results import awaiting

if TYPE_CHECKING:
    from .undo import Undo

#: Where the expression of a header is in the form of its statement.
_EXPRESSION = {"If": 1, "Match": 1, "For": 2}


def undo_header(
    undo: Undo, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
) -> tuple[int, int] | None:
    """How many statements of each text a header with what stands before it is. Raises Refused."""
    if i >= len(old) or old[i].canon[0] not in _EXPRESSION:
        return None
    return _gathered(undo, old[i], i, new, j) or _ordered(undo, old[i], i, new, j)


def _gathered(
    undo: Undo, old: Item, i: int, new: tuple[Item, ...], j: int
) -> tuple[int, int] | None:
    match new[j].canon:
        case ("Assign", ("[]", ("AssignTarget", ("Tuple", ("[]", *elements)))), value):
            names = [_name(e) for e in elements]
            found = undo.gathered(value)
        case _:
            return None
    if found is None or found[0] != "plain" or j + 1 >= len(new) or not _same_kind(old, new[j + 1]):
        return None
    calls = found[1]
    if len(names) != len(calls) or len(set(names)) != len(names) or "" in names:
        return None
    values = dict(zip(names, calls, strict=True))
    forms = _read(old, new[j + 1], values)
    many = (0,) * len(names)
    undo.names.update(names)
    undo.batches.append(
        Batch("plain", id(old), 0, many, many[1:], calls=forms, results=forms, at=i,
              reached=undo.reached([new[j].canon]))
    )  # fmt: skip
    _blocks(undo, old, new[j + 1])
    return 1, 2


def _ordered(
    undo: Undo, old: Item, i: int, new: tuple[Item, ...], j: int
) -> tuple[int, int] | None:
    named, tasks, end = undo.starts(new, j, "ensure_future")
    if not tasks or end + 1 >= len(new) or not _same_kind(old, new[end + 1]):
        return None
    if new[end].canon != ("Try", "…", ("[]",), None, ("Finally", "…")):
        return None
    body, final = new[end].blocks
    lines = [_line(item) for item in body]
    bound = [line for line in lines if line is not None]
    if len(bound) != len(lines) or any(item.blocks for item in body):
        return None
    drained(undo.aliases, final, list(tasks))
    head = new[end + 1]
    if len(bound) == 1:
        ((name, value),) = bound
        forms = _value(old, head, name, value, tasks)
        results: tuple[tuple[object, int], ...] = ()
    else:
        values = {name: _awaited(value, tasks) for name, value in bound}
        if len(values) < len(bound):
            raise Refused("a result is bound twice")
        order = [task for _, value in bound if (task := _task(value, tasks))]
        if order != list(tasks) or _task(bound[0][1], tasks):
            raise Refused("the tasks are not awaited one by one in order")
        results = _read(old, head, values)
        forms = tuple(r for r, (_, v) in zip(results, bound, strict=True) if _task(v, tasks))
    raw = [item.canon for item in new[end - len(tasks) : end]]
    check_named(named, [body[0].canon, *raw])
    moved = (0,) * len(tasks)
    undo.names.update(named, tasks, (name for name, _ in bound))
    undo.batches.append(
        Batch("ordered", id(old), 0, (0, *moved), moved, calls=forms, results=results, at=i,
              named=undo.from_names(new[end - len(tasks) : end], named),
              reached=undo.reached([*raw, *(item.canon for item in final)]))
    )  # fmt: skip
    _blocks(undo, old, head)
    return 1, end + 2 - j


def _blocks(undo: Undo, old: Item, new: Item) -> None:
    for before, after in zip(old.blocks, new.blocks, strict=True):
        undo.block(before, after)


def _same_kind(old: Item, new: Item) -> bool:
    """The same compound statement but for the expression of its header?"""
    at = _EXPRESSION[str(old.canon[0])]
    return (
        len(old.blocks) == len(new.blocks)
        and len(old.canon) == len(new.canon)
        and all(
            a == b for k, (a, b) in enumerate(zip(old.canon, new.canon, strict=True)) if k != at
        )
    )


def _header(item: Item) -> object:
    return item.canon[_EXPRESSION[str(item.canon[0])]]


def _line(item: Item) -> tuple[str, object] | None:
    match item.canon:
        case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value):
            return name, value
        case _:
            return None


def _name(element: object) -> str:
    match element:
        case ("Element", ("Name", str(name))):
            return name
        case _:
            return ""


def _task(value: object, tasks: dict[str, object]) -> str:
    """The task that is awaited, or ""."""
    match value:
        case ("Await", ("Name", str(name))) if name in tasks:
            return name
        case _:
            return ""


def _awaited(value: object, tasks: dict[str, object]) -> object:
    match value:
        case ("Await", ("Name", str(name))) if name in tasks:
            return tasks[name]
        case ("Await", call):
            return call
        case _:
            raise Refused("what is bound before a header is not the result of an awaited call")


def _read(old: Item, new: Item, values: dict[str, object]) -> tuple[tuple[object, int], ...]:
    """The calls whose results the new header reads, each once and in order. Raises Refused."""
    undone, used = undo_awaits(awaiting(_header(new), values), values)
    if undone != _header(old):
        raise Refused(f"{shown(new)} is not what it was")
    if [name for name, _ in used] != list(values):
        raise Refused(f"{shown(new)} does not use the results once each, in order")
    return tuple((values[name], nth) for name, nth in used)


def _value(
    old: Item, new: Item, name: str, value: object, tasks: dict[str, object]
) -> tuple[tuple[object, int], ...]:
    """The calls that are awaited in the named value of the header. Raises Refused."""
    undone, used = undo_awaits(value, tasks)
    if [task for task, _ in used] != list(tasks):
        raise Refused("the tasks are not awaited one by one in order")
    header = _header(new)
    if occurrences(header, name) != 1 or _in_first(header, name, undone) != _header(old):
        raise Refused(f"{shown(new)} is not what it was")
    if new.canon[0] == "If" and _tests(undone):
        raise Refused(f"the value of {shown(new)} is tested twice")
    return tuple((tasks[task], nth) for task, nth in used)


def _in_first(form: object, name: str, value: object) -> object:
    """``form`` with ``value`` put back for ``name`` if that is what it evaluates first, whole."""
    match form:
        case ("Name", str(found)) if found == name:
            return value
        case ("BooleanOperation", left, *rest):
            return ("BooleanOperation", _in_first(left, name, value), *rest)
        case ("UnaryOperation", ("Not", *_) as operator, operand):
            return ("UnaryOperation", operator, _in_first(operand, name, value))
        case ("IfExp", test, *rest):
            return ("IfExp", _in_first(test, name, value), *rest)
        case _:
            return form


def _tests(value: object) -> bool:
    """Does evaluating it test what it answers with?"""
    match value:
        case ("BooleanOperation", *_) | ("UnaryOperation", ("Not", *_), _) | ("IfExp", *_):
            return True
        case ("Comparison", _, ("[]", *compared)):
            return len(compared) > 1
        case ("NamedExpr", _, inner):
            return _tests(inner)
        case _:
            return False
