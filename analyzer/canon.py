"""Patterns on canonical forms (nested tuples): what the undoing of a rewrite looks for."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence

from .lowering.compare import Item


class Refused(Exception):
    """The output is not the input with known shapes applied; the message says what is wrong."""


def shown(item: Item) -> str:
    return f"a statement ({item.canon[0]})"


def substitute(form: object, values: dict[str, object], *, awaiting: bool) -> object:
    """``form`` with the names of ``values`` replaced (``awaiting``: only under an `await`)."""
    match form:
        case ("Await", ("Name", str(name))) if awaiting and name in values:
            return ("Await", values[name])
        case ("Name", str(name)) if not awaiting and name in values:
            return values[name]
        case ("Arg", value, keyword, *rest) if not awaiting:
            return ("Arg", substitute(value, values, awaiting=False), keyword, *rest)
        case ("Attribute", value, attr, *rest) if not awaiting:
            return ("Attribute", substitute(value, values, awaiting=False), attr, *rest)
        case tuple():
            return tuple(substitute(part, values, awaiting=awaiting) for part in form)
        case _:
            return form


def replace_names(form: object, values: dict[str, object]) -> object:
    """``form`` with the names of ``values`` replaced wherever they stand."""
    match form:
        case ("Name", str(name)) if name in values:
            return values[name]
        case tuple():
            return tuple(replace_names(part, values) for part in form)
        case _:
            return form


def undo_awaits(form: object, tasks: dict[str, object]) -> tuple[object, list[str]]:
    """``form`` with every ``await task`` undone, and the tasks in the order they stand."""
    used: list[str] = []

    def walk(part: object) -> object:
        match part:
            case ("Await", ("Name", str(name))) if name in tasks:
                used.append(name)
                return ("Await", tasks[name])
            case tuple():
                return tuple(walk(p) for p in part)
            case _:
                return part

    return walk(form), used


def undo_results(form: object, calls: dict[str, object]) -> tuple[object, list[str]]:
    used: list[str] = []

    def walk(part: object) -> object:
        match part:
            case (
                "Call",
                ("Attribute", ("Name", str(name)), ("Name", "result"), None),
                ("[]",),
            ) if name in calls:
                used.append(name)
                return ("Await", calls[name])
            case tuple():
                return tuple(walk(p) for p in part)
            case _:
                return part

    return walk(form), used


def is_simple(form: object) -> bool:
    """A name or a constant: evaluating it does nothing and cannot raise."""
    match form:
        case ("Name", _) | ("SimpleString", _) | ("Integer", _) | ("Float", _):
            return True
        case ("UnaryOperation", ("Minus", *_), operand):
            return is_simple(operand) and not isinstance(operand, str)
        case ("ConcatenatedString", left, right):
            return is_simple(left) and is_simple(right)
        case _:
            return False


def uses(form: object, values: dict[str, object]) -> bool:
    return substitute(form, values, awaiting=False) != form


def dotted(form: object) -> str:
    match form:
        case ("Name", str(name)):
            return name
        case ("Attribute", value, ("Name", str(name)), *_):
            return f"{dotted(value)}.{name}"
        case _:
            return ""


def imports_of(item: Item) -> list[tuple[str, str, str]]:
    """(module, member or "", bound name) of each alias of an import statement."""
    found: list[tuple[str, str, str]] = []
    match item.canon:
        case ("Import", ("[]", *aliases)):
            origin = ""
        case ("ImportFrom", module, ("[]", *aliases), ("[]",), *_):
            origin = dotted(module)
        case _:
            return []
    for alias in aliases:
        match alias:
            case ("ImportAlias", name, None):
                bound = dotted(name)
            case ("ImportAlias", name, ("AsName", ("Name", str(bound)))):
                pass
            case _:
                continue
        full = dotted(name)
        found.append((origin, full, bound) if origin else (full, "", bound))
    return found


def opens_file(item: Item) -> bool:
    """A docstring, or an import from ``__future__``: nothing may come before these."""
    match item.canon:
        case ("Expr", ("SimpleString" | "ConcatenatedString", *_)):
            return True
        case ("ImportFrom", ("Name", "__future__"), *_):
            return True
        case _:
            return False


def occurrences(form: object, name: str) -> int:
    match form:
        case ("Name", str(found)):
            return found == name
        case tuple():
            return sum(occurrences(part, name) for part in form)
        case _:
            return 0


def waits(form: object) -> bool:
    match form:
        case ("Await" | "Yield" | "NamedExpr", *_):
            return True
        case tuple():
            return any(waits(part) for part in form)
        case _:
            return False


def check_named(named: dict[str, object], users: Sequence[object]) -> None:
    """Each name given ahead is used exactly once in what it was given for. Raises Refused."""
    for name, value in named.items():
        if sum(occurrences(user, name) for user in users) != 1:
            raise Refused(f"`{name}` is evaluated ahead and not used once")
        if waits(value):
            raise Refused(f"`{name}` waits, or binds, before anything is started")
