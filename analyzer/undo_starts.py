"""Output text → what stands before a loop whose calls run together: names, a limit, a function."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .canon import Refused
from .lowering.compare import Item
from .undo_comprehensions import gathered

if TYPE_CHECKING:
    from .undo import Undo


#: A call, the target and the iterable of its turns, and the condition that lets turns through.
Turned = tuple[object, object, object, object]


@dataclass(slots=True)
class Start:
    """What stands before the loop.

    ``inside``: what its function does before it returns the names ``gives``, the result of
    ``call``, or both; None if it does nothing but make one call.
    """

    bound: str = ""
    value: object = None
    limit: str = ""
    width: int | None = None
    function: str = ""
    parameters: tuple[str, ...] | None = None
    call: object = None
    inside: tuple[Item, ...] | None = None
    gives: tuple[str, ...] = ()


def start_of(undo: Undo, new: Sequence[Item], j: int) -> tuple[Start, int]:
    """The statements before the tasks are made, each at most once and in this order."""
    start = Start()
    if j < len(new):
        match new[j].canon:
            case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value) if (
                _width(undo, value) is None
                and not _makes_tasks(undo, value)
                and not any(gathered(value, lambda form: gathered_turns(undo, form, Start())))
            ):
                start.bound, start.value = name, value
                j += 1
            case _:
                pass
    if j < len(new):
        match new[j].canon:
            case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value) if (
                width := _width(undo, value)
            ) is not None:
                start.limit, start.width = name, width
                j += 1
            case _:
                pass
    if j < len(new) and _function(new[j], start):
        j += 1
    elif start.limit:
        start.function = ""  # a limit that nothing takes: `_tasks` refuses the call
    return start, j


def _width(undo: Undo, value: object) -> int | None:
    match value:
        case ("Call", ("Attribute", ("Name", str(a)), ("Name", "Semaphore"), None),
              ("[]", ("Arg", ("Integer", str(number)), None, None, ""))) if (
            a in undo.aliases and number.isdecimal()
        ):  # fmt: skip
            return int(number)
        case _:
            return None


def _makes_tasks(undo: Undo, value: object) -> bool:
    match value:
        case ("ListComp", element, _):
            return started(undo, element) is not None
        case _:
            return False


def started(undo: Undo, element: object) -> object | None:
    match element:
        case ("Call", ("Attribute", ("Name", str(a)), ("Name", "ensure_future"), None),
              ("[]", ("Arg", call, None, None, ""))) if a in undo.aliases:  # fmt: skip
            return call
        case _:
            return None


def _function(item: Item, start: Start) -> bool:
    """A local `async def` that returns the result of one awaited call, or what a turn binds."""
    match item.canon:
        case ("FunctionDef", ("Name", str(name)),
              ("Parameters", ("[]", *params), None, ("[]",), None, ("[]",), None),
              "…", ("[]",), None, ("Asynchronous",), None):  # fmt: skip
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
    body = item.blocks[0]
    if start.limit:
        wanted = ("With", ("[]", ("WithItem", ("Name", start.limit), None)), "…", ("Asynchronous",))
        if len(body) != 1 or body[0].canon != wanted:
            raise Refused("the limit is not held around each call")
        body = body[0].blocks[0]
    *inside, last = body
    made: object = None
    gives: tuple[str, ...] = ()
    match last.canon:
        case ("Return", ("Await", call)):
            made = call
        case ("Return", ("Tuple", ("[]", *elements, ("Element", ("Await", call))))):
            made, gives = call, tuple(_element(e) for e in elements)
        case ("Return", ("Name", str(one))):
            gives = (one,)
        case ("Return", ("Tuple", ("[]", *elements))):
            gives = tuple(_element(e) for e in elements)
        case _:
            inside = list(body)
    if ((made is None or gives) and not inside) or "" in gives:
        return False
    start.function, start.parameters, start.call = name, tuple(parameters), made
    start.inside, start.gives = tuple(inside) or None, gives
    return True


def _element(element: object) -> str:
    match element:
        case ("Element", ("Name", str(name))):
            return name
        case _:
            return ""


def gathered_turns(undo: Undo, value: object, start: Start) -> Turned | None:
    """``await gather(*(call for target in iterable))``: call, target, iterable and condition."""
    match value:
        case (
            "Await",
            (
                "Call",
                ("Attribute", ("Name", str(a)), ("Name", "gather"), None),
                ("[]", ("Arg", ("GeneratorExp", made, turns), None, None, "*")),
            ),
        ) if a in undo.aliases:
            pass
        case _:
            return None
    match turns:
        case ("CompFor", target, iterable, ("[]",), None, None):
            return made_call(made, start), target, iterable, None
        case ("CompFor", target, iterable, ("[]", ("CompIf", test)), None, None):
            return made_call(made, start), target, iterable, test
        case _:
            return None


def made_call(call: object, start: Start) -> object:
    """The call of the original that is made where ``call`` stands. Raises Refused."""
    if not start.function:
        if start.limit:
            raise Refused("the limit is not held around each call")
        return call
    arguments = [("Arg", ("Name", name), None, None, "") for name in start.parameters or ()]
    if call != ("Call", ("Name", start.function), ("[]", *arguments)):
        raise Refused(f"`{start.function}` is not handed what it names")
    return start.call
