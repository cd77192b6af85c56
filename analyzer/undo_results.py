"""Undoing the plain form of several calls of one statement: their results get names before it."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from .canon import Refused, shown, undo_awaits
from .lowering.compare import Item
from .undo_batch import Batch


def undo_results_of_one(
    old: Item, block: int, i: int, gathered: Item, new: Item, calls: list[object]
) -> tuple[Batch, list[str]] | None:
    """The batch if ``gathered`` names what ``calls`` answer with, and ``new`` uses these names.

    ``old`` is statement ``i`` of the original. The second result are the new names.
    """
    match gathered.canon:
        case ("Assign", ("[]", ("AssignTarget", ("Tuple", ("[]", *elements)))), _):
            targets = [e[1] for e in elements if isinstance(e, tuple)]
        case _:
            return None
    names = [t[1] for t in targets if isinstance(t, tuple) and t[0] == "Name"]
    if len(names) != len(calls) or len(set(names)) != len(names) or new.blocks or old.blocks:
        return None
    values = dict(zip(names, calls, strict=True))
    undone, used = undo_awaits(awaiting(new.canon, values), values)
    if undone != old.canon:
        return None
    if [name for name, _ in used] != names:
        raise Refused(f"{shown(new)} does not use the results once each, in order")
    forms = tuple((values[name], nth) for name, nth in used)
    many = (i,) * len(names)
    return Batch("plain", block, i, many, many[1:], calls=forms), [str(name) for name in names]


def awaiting(form: object, values: dict[str, object]) -> object:
    """``form`` with an ``await`` before each of the names, as if they were tasks."""
    match form:
        case ("Name", str(name)) if name in values:
            return ("Await", form)
        case ("Arg", value, *rest):
            return ("Arg", awaiting(value, values), *rest)  # a keyword is no use of a name
        case ("Attribute", value, *rest):
            return ("Attribute", awaiting(value, values), *rest)
        case tuple():
            return tuple(awaiting(part, values) for part in form)
        case _:
            return form
