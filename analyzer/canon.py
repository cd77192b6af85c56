"""Patterns on canonical forms (nested tuples): what the undoing of a rewrite looks for."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from .lowering.compare import Item


class Refused(Exception):
    """The output is not the input with known shapes applied; the message says what is wrong."""


def shown(item: Item) -> str:
    return f"a statement ({item.canon[0]})"


#: Parts of an expression that may run not at all, later, or more than once.
_GUARDS = frozenset({
    "Lambda", "IfExp", "BooleanOperation", "ListComp", "SetComp", "DictComp", "GeneratorExp",
})  # fmt: skip


def fill(call: object, values: dict[str, object]) -> object:
    """A call with the names of ``values`` put back where they are its callee or an argument."""
    match call:
        case ("Call", func, ("[]", *args)):
            return ("Call", _filled(func, values), ("[]", *(_argument(a, values) for a in args)))
        case _:
            return call


def _filled(form: object, values: dict[str, object]) -> object:
    match form:
        case ("Name", str(name)) if name in values:
            return values[name]
        case _:
            return form


def _argument(arg: object, values: dict[str, object]) -> object:
    match arg:
        case ("Arg", value, *rest):
            return ("Arg", _filled(value, values), *rest)
        case _:
            return arg


def fill_first(form: object, values: dict[str, object]) -> object:
    """A statement with names put back in the calls that it certainly awaits, and nowhere else."""
    match form:
        case ("Await", call):
            return ("Await", fill(call, values))
        case (str(kind), *_) if kind in _GUARDS:
            return form
        case tuple():
            return tuple(fill_first(part, values) for part in form)
        case _:
            return form


def evaluated(given: Sequence[object], walk: Callable[[object], object]) -> list[object]:
    """The arguments of a call, walked through in the order in which they are evaluated.

    Those that are given by name come last, also if they stand before a ``*args``
    (Python reference 6.3.4).
    """

    def by_name(argument: object) -> bool:
        match argument:
            case ("Arg", _, keyword, _, star):
                return keyword is not None or star == "**"
            case _:
                return False

    order = sorted(range(len(given)), key=lambda i: by_name(given[i]))
    done = {i: walk(given[i]) for i in order}
    return [done[i] for i in range(len(given))]


def undo_awaits(form: object, tasks: dict[str, object]) -> tuple[object, list[tuple[str, int]]]:
    """``form`` with every ``await task`` undone, and the tasks in the order they are awaited.

    With each: the how manieth ``await`` of such a call in ``form`` it stands for.
    """
    used: list[tuple[str, int]] = []
    count: Counter[object] = Counter()

    def walk(part: object) -> object:
        match part:
            case ("Await", ("Name", str(name))) if name in tasks:
                call = tasks[name]
                used.append((name, count[call]))
            case ("Await", value):
                call = walk(value)
            case ("Assign", targets, value):
                done = walk(value)  # evaluated before its targets (Python reference 7.2)
                return ("Assign", walk(targets), done)
            case ("Call", callee, ("[]", *given)):
                return ("Call", walk(callee), ("[]", *evaluated(given, walk)))
            case tuple():
                return tuple(walk(p) for p in part)
            case _:
                return part
        count[call] += 1
        return ("Await", call)

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
    return any(occurrences(form, name) for name in values)


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
    """Each name given ahead is used once, in the order in which they were given. Raises Refused.

    ``users``: what uses them, in the order in which the original evaluated it.
    """
    used: list[str] = []

    def walk(part: object) -> None:
        match part:
            case ("Name", str(name)) if name in named:
                used.append(name)
            case ("Arg" | "Attribute", value, *_):
                walk(value)  # a keyword or an attribute is no use of the name
            case tuple():
                for inner in part:
                    walk(inner)
            case _:
                pass

    for user in users:
        walk(user)
    if used != list(named):
        raise Refused("what is evaluated ahead is not used once each, in the original order")
    if any(waits(value) for value in named.values()):
        raise Refused("something waits, or binds, before anything is started")


def drained(aliases: Iterable[str], final: tuple[Item, ...], tasks: list[str]) -> None:
    """All tasks are cancelled, then waited for. Raises Refused."""
    expected: list[object] = [
        ("Expr", ("Call", ("Attribute", ("Name", t), ("Name", "cancel"), None), ("[]",)))
        for t in tasks
    ]
    awaited = [("Arg", ("Name", t), None, None, "") for t in tasks]
    keyword = ("Arg", ("Name", "True"), ("Name", "return_exceptions"), ("AssignEqual",), "")
    found: list[object] = [item.canon for item in final]
    gathers = [
        ("Expr", ("Await", ("Call", ("Attribute", ("Name", a), ("Name", "gather"), None),
                            ("[]", *awaited, keyword))))
        for a in aliases
    ]  # fmt: skip
    if found[:-1] != expected or found[-1] not in gathers:
        raise Refused("the tasks are not all cancelled and drained")
