"""Output text → the loops whose calls are started ahead, by undoing the shape (see ``undo``).

The shape is known here as a pattern on canonical forms only; what emits it is not looked at.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .canon import Refused, occurrences
from .lowering.compare import Item
from .undo_comprehensions import bound_by, gathered, original, origins, replaced, taken, task_of
from .undo_runs import Run, run_restored
from .undo_sieves import Sieved, chosen, sieved_as
from .undo_starts import Start, gathered_turns, made_call, start_of, started

if TYPE_CHECKING:
    from .undo import Undo


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop of the original, as the output runs it.

    ``width``: how many calls run at once, None if nothing bounds them. ``parameters``: what each
    call is handed by name, None if it is made where the loop's own names are; ``call`` is its form.
    ``bound``: the iterable was evaluated ahead, as a list if ``listed``. ``sieved``: so was the
    condition with which a turn began. ``run``: the statements that run in a function of their own.
    """

    form: str
    block: int  # identity of the old block's tuple of items
    index: int
    width: int | None
    parameters: tuple[str, ...] | None
    call: object
    bound: bool
    listed: bool
    reached: frozenset[str]
    sieved: Sieved | None = None
    run: Run | None = None

    @property
    def first(self) -> int:
        return self.index

    @property
    def threads(self) -> bool:
        """Do threads make its calls?"""
        return self.form == "threads"


def undo_loop(
    undo: Undo, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
) -> tuple[int, int] | None:
    """Match one loop at ``old[i]``: how many statements of each text it takes. Raises Refused."""
    start, at = start_of(undo, new, j)
    if i < len(old) and at < len(new) and (step := _together(undo, old, i, new, j, start, at)):
        return step
    if at + 1 >= len(new) or i >= len(old):
        return None
    found = _tasks(undo, new[at], start)
    if found is None:
        return None
    tasks, call, target, iterable = found
    frame = new[at + 1]
    if frame.canon != ("Try", "…", ("[]",), None, ("Finally", "…")):
        raise Refused("the calls of a loop are not awaited in a `try` with a `finally`")
    body, final = frame.blocks
    _drained(undo, final, tasks)
    if len(body) != 1:
        raise Refused("the `try` holds more than the loop")
    forms = [item.canon for item in (*new[j : at + 1], *final)]
    if body[0].canon[0] != "For":
        if start.inside is not None:
            raise Refused("the function of a comprehension does more than one call")
        inside = list(taken(body[0].canon, tasks))
        if len(inside) != 1 or occurrences(body[0].canon, tasks) != 1 or body[0].blocks:
            raise Refused("the comprehension does not go through its tasks")
        made, own, through = inside[0]
        if own is not None and (own, through) != (target, iterable):
            raise Refused("the comprehension does not go through what its tasks are made for")
        awaited = ("Await", ("Name", task_of(made)))
        turns, whole = (target, iterable), ("Await", call)
        found_in = comprehended(old[i], body[0].canon, made, start, turns, awaited, whole)
        named(undo, [start.bound, start.limit, start.function, tasks, task_of(made)])
        undo.loops.append(
            _loop("comprehension", old, i, start, call, found_in, undo.reached(forms))
        )
        return 1, at + 2 - j
    task = taken_by(body[0], target, iterable, tasks)
    sieved, run, listed = None, None, True
    through = chosen(start.value, start.bound, target, iterable)
    if through is not None:  # else that list is what the original went through
        inner, test = through
        restored, run = _restored(body[0], target, inner, task, call, start)
        sieved = sieved_as(old[i], restored, test)
    if sieved is None:
        found_again: dict[bool, bool] = {}
        run = None
        for original, again in originals(start, iterable):
            restored, run = _restored(body[0], target, original, task, call, start)
            found_again[again] = restored == old[i]
        listed = listed_again(found_again)
    result = run.result if run is not None else ""
    named(undo, [start.bound, start.limit, start.function, tasks, task, result])
    loop = _loop("ordered", old, i, start, call, listed, undo.reached(forms))
    undo.loops.append(replace(loop, sieved=sieved, run=run))
    return 1, at + 2 - j


def _loop(
    form: str, old: tuple[Item, ...], i: int, start: Start, call: object, listed: bool,
    reached: frozenset[str],
) -> Loop:  # fmt: skip
    return Loop(form, id(old), i, start.width, start.parameters, call, bool(start.bound), listed,
                reached)  # fmt: skip


def comprehended(
    old: Item, canon: object, part: object, start: Start, turns: tuple[object, object],
    result: object, call: object,
) -> bool:  # fmt: skip
    """Is ``canon``, with ``part`` undone, the original? Was it a list that was gone through?

    ``result`` stands where ``call`` stood.
    """
    target, iterable = turns
    for origin in origins(start.value, iterable, start.bound, target):
        match part:
            case (str(kind), *_) if kind in ("ListComp", "SetComp", "DictComp"):
                undone = original(part, result, call, target, origin)
            case _:
                told = set(bound_by(("CompFor", target, None, None, None, None)))
                if any(occurrences(call, n) for n in bound_by(origin) if n not in told):
                    raise Refused("a name of an element is not what it was")
                undone = ("ListComp", call, origin)
        restored, count = replaced(canon, part, undone)
        if count == 1 and restored == old.canon and not old.blocks:
            return bool(start.bound) and origin[2] is not start.value
    raise Refused("the comprehension is not what it was")


def originals(start: Start, iterable: object) -> list[tuple[object, bool]]:
    """What the loop may have gone through at first, and whether it is a list of that now."""
    if not start.bound:
        return [(iterable, False)]
    if iterable != ("Name", start.bound):
        raise Refused(f"`{start.bound}` is not what the loop goes through")
    value = start.value
    match value:
        case ("Call", ("Name", "list"), ("[]", ("Arg", inner, None, None, ""))):
            return [(value, False), (inner, True)]
        case _:
            return [(value, False)]


def listed_again(found: dict[bool, bool]) -> bool:
    """Which of the originals it is: the key of the one that is equal. Raises Refused."""
    for listed, equal in found.items():
        if equal:
            return listed
    raise Refused("the loop is not what it was")


def named(undo: Undo, fresh: Sequence[str]) -> None:
    named = [name for name in fresh if name]
    if len(set(named)) != len(named):
        raise Refused("a new name is bound twice")
    undo.names.update(named)


def _together(
    undo: Undo, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int, start: Start, at: int
) -> tuple[int, int] | None:
    """The plain forms: all calls awaited at once, and what is left of the loop behind them."""
    item, many = new[at], ""
    if old[i].canon[0] != "For":
        inside = list(gathered(item.canon, lambda form: gathered_turns(undo, form, start)))
        if len(inside) != 1 or item.blocks:
            return None
        if start.inside is not None:
            raise Refused("the function of a comprehension does more than one call")
        part, turns = inside[0]
        assert isinstance(turns, tuple)
        call, target, iterable, test = turns
        if test is not None:
            raise Refused("the comprehension is not what it was")
        whole = ("Await", call)
        listed = comprehended(old[i], item.canon, part, start, (target, iterable), None, whole)
        named(undo, [start.bound, start.limit, start.function])
        reached = undo.reached([one.canon for one in new[j : at + 1]])
        undo.loops.append(_loop("list", old, i, start, call, listed, reached))
        return 1, at + 1 - j
    match item.canon:
        case ("Expr", ("Call", ("Attribute", ("Name", str(name)), ("Name", "extend"), None),
                       ("[]", ("Arg", value, None, None, "")))):  # fmt: skip
            form = f"extend {name}"
        case ("Expr", value):
            form = "bare"
        case ("Assign", ("[]", ("AssignTarget", ("Name", str(many)))), value):
            form = "bind"
        case _:
            return None
    found = gathered_turns(undo, value, start)
    if found is None:
        return None
    if start.inside is not None:
        raise Refused("what a turn does is not where it was")
    call, target, iterable, test = found
    if test is not None and (start.bound or form == "bind"):
        raise Refused("the condition of a turn is not where it was")
    awaited = ("Await", call)
    end = at + 1
    if form == "bind":
        if end >= len(new):
            return None
        one = taken_by(new[end], target, iterable, many)
        body, *others = new[end].blocks
        if sum(mentions(block, many) for block in new[end].blocks):
            raise Refused("the results are looked at in the loop")
        bound = Item(("Assign", ("[]", ("AssignTarget", ("Name", one))), awaited), ())
        blocks = ((bound, *body), *others)
        rest = new[end].canon[3:]
        end += 1
    else:
        put = ("Call", ("Attribute", ("Name", form.partition(" ")[2]), ("Name", "append"), None),
               ("[]", ("Arg", awaited, None, None, "")))  # fmt: skip
        blocks = ((Item(("Expr", awaited if form == "bare" else put), ()),),)
        rest = ("…", None, None)
    sieved = None
    if test is None:
        listed = listed_again(
            {again: Item(("For", target, original, *rest), blocks) == old[i]
             for original, again in originals(start, iterable)}
        )  # fmt: skip
    else:
        listed = False
        sieved = sieved_as(old[i], Item(("For", target, iterable, *rest), blocks), test)
        if sieved is None:
            raise Refused("the loop is not what it was")
    named(undo, [start.bound, start.limit, start.function, many])
    reached = undo.reached([one.canon for one in new[j : at + 1]])
    loop = _loop(form, old, i, start, call, listed, reached)
    undo.loops.append(replace(loop, sieved=sieved))
    return 1, end - j


def _tasks(undo: Undo, item: Item, start: Start) -> tuple[str, object, object, object] | None:
    """The name of the list of tasks, the call that each runs, and what the list goes through."""
    match item.canon:
        case (
            "Assign",
            ("[]", ("AssignTarget", ("Name", str(tasks)))),
            ("ListComp", element, ("CompFor", target, iterable, ("[]",), None, None)),
        ):
            call = started(undo, element)
        case _:
            return None
    if call is None:
        return None
    return tasks, made_call(call, start), target, iterable


def taken_by(item: Item, target: object, iterable: object, tasks: str) -> str:
    """The name of one task in the loop that takes them."""
    match item.canon:
        case ("For", ("Tuple", ("[]", ("Element", own), ("Element", ("Name", str(task))))),
              ("Call", ("Name", "zip"), ("[]", first, second, *more)), "…", _, None):  # fmt: skip
            strict = ("Arg", ("Name", "True"), ("Name", "strict"), ("AssignEqual",), "")
            ends = more in ([], [strict])
        case _:
            raise Refused("the loop does not go through its tasks")
    wanted = [("Arg", form, None, None, "") for form in (iterable, ("Name", tasks))]
    if own != target or [first, second] != wanted or not ends:
        raise Refused("the loop does not go through what its tasks are made for")
    return task


def _restored(
    item: Item, target: object, iterable: object, task: str, call: object, start: Start
) -> tuple[Item, Run | None]:
    """The loop with the original header, and what its turns did where their task is awaited."""
    kind, _, _, *rest = item.canon
    body, *others = item.blocks
    if sum(mentions(b, task) for b in item.blocks) != 1:
        raise Refused("the task of a turn is not awaited once")
    if start.inside is not None:
        restored, run = run_restored(body, task, start)
        return Item((kind, target, iterable, *rest), (restored, *others)), run
    awaited = ("Await", ("Name", task))
    restored, count = put_back(body, awaited, ("Await", call))
    if count != 1:
        raise Refused("the task of a turn is not awaited once")
    return Item((kind, target, iterable, *rest), (restored, *others)), None


def put_back(items: tuple[Item, ...], old: object, new: object) -> tuple[tuple[Item, ...], int]:
    count = 0

    def walk(form: object) -> object:
        nonlocal count
        if form == old:
            count += 1
            return new
        return tuple(walk(part) for part in form) if isinstance(form, tuple) else form

    def item(one: Item) -> Item:
        canon = walk(one.canon)
        assert isinstance(canon, tuple)
        return Item(canon, tuple(tuple(item(s) for s in block) for block in one.blocks))

    return tuple(item(one) for one in items), count


def mentions(items: tuple[Item, ...], name: str) -> int:
    return sum(
        occurrences(one.canon, name) + sum(mentions(block, name) for block in one.blocks)
        for one in items
    )


def _drained(undo: Undo, final: tuple[Item, ...], tasks: str) -> None:
    """Every task is cancelled, then all are waited for."""
    keyword = ("Arg", ("Name", "True"), ("Name", "return_exceptions"), ("AssignEqual",), "")
    every = ("Arg", ("Name", tasks), None, None, "*")
    gathers = [
        ("Expr", ("Await", ("Call", ("Attribute", ("Name", a), ("Name", "gather"), None),
                            ("[]", every, keyword))))
        for a in undo.aliases
    ]  # fmt: skip
    if len(final) == 2 and final[1].canon in gathers:
        match final[0]:
            case Item(("For", ("Name", str(task)), ("Name", str(name)), "…", None, None), (body,)):
                cancel = ("Attribute", ("Name", task), ("Name", "cancel"), None)
                whole = [one.canon for one in body] == [("Expr", ("Call", cancel, ("[]",)))]
                if name == tasks and whole and task != tasks:
                    return
            case _:
                pass
    raise Refused("the tasks of a loop are not all cancelled and drained")
