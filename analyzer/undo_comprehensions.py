"""Output text → comprehensions whose calls are started ahead, by undoing the shape."""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterator

from .canon import Refused, occurrences

#: What a comprehension goes through: its `for`, with all that stands behind it.
Origin = tuple[object, ...]
_COMPREHENSIONS = frozenset({"ListComp", "SetComp", "DictComp"})


def origins(value: object, iterable: object, name: str, target: object) -> Iterator[Origin]:
    """What the original may have gone through, given what stands there now.

    ``value``: what ``name`` was bound to ahead, if it was: as it is, as a list, or as the list of
    what the clauses let through.
    """
    none = ("[]",)
    if not name:
        yield ("CompFor", target, iterable, none, None, None)
        return
    if iterable != ("Name", name):
        raise Refused(f"`{name}` is not what the comprehension goes through")
    yield ("CompFor", target, value, none, None, None)
    match value:
        case ("Call", ("Name", "list"), ("[]", ("Arg", inner, None, None, ""))):
            yield ("CompFor", target, inner, none, None, None)
        case ("ListComp", element, ("CompFor", own, inner, conditions, more, None)):
            if element == target and (element == own or more is not None):
                yield ("CompFor", own, inner, conditions, more, None)
        case _:
            pass


def bound_by(clause: object) -> Iterator[str]:
    """The names that a `for` of a comprehension, and those behind it, bind."""
    match clause:
        case ("CompFor", target, _, _, more, None):
            yield from _names(target)
            yield from bound_by(more)
        case _:
            pass


def _names(target: object) -> Iterator[str]:
    match target:
        case ("Name", str(name)):
            yield name
        case tuple():
            for part in target:
                yield from _names(part)
        case _:
            pass


def taken(form: object, tasks: str) -> Iterator[tuple[object, object, object]]:
    """Comprehensions over ``tasks``: each with its target, and what it goes through beside them.

    Both are None where it goes through the tasks alone.
    """
    match form:
        case (str(kind), *parts) if kind in _COMPREHENSIONS:
            match parts[-1]:
                case ("CompFor", ("Name", str(one)), ("Name", str(name)), conditions, None, None):
                    if name == tasks and _asks(conditions, one):
                        yield form, None, None
                case (
                    "CompFor",
                    ("Tuple", ("[]", ("Element", own), ("Element", ("Name", str(one))))),
                    ("Call", ("Name", "zip"), ("[]", first, second, *more)),
                    conditions,
                    None,
                    None,
                ):
                    strict = ("Arg", ("Name", "True"), ("Name", "strict"), ("AssignEqual",), "")
                    match first:
                        case ("Arg", iterable, None, None, ""):
                            wanted = ("Arg", ("Name", tasks), None, None, "")
                            whole = second == wanted and more in ([], [strict])
                            if whole and _asks(conditions, one):
                                yield form, own, iterable
                        case _:
                            pass
                case _:
                    pass
        case _:
            pass
    if isinstance(form, tuple):
        for part in form:
            yield from taken(part, tasks)


def _asks(conditions: object, task: str) -> bool:
    """Are there no conditions, or one that awaits the task of an element?"""
    match conditions:
        case ("[]",):
            return True
        case ("[]", ("CompIf", _)):
            return replaced(conditions, ("Await", ("Name", task)), None)[1] == 1
        case _:
            return False


def task_of(form: object) -> str:
    """The name of one task in a comprehension that `taken` has found."""
    match form:
        case (*_, ("CompFor", ("Name", str(task)), *_)):
            return task
        case (*_, ("CompFor", ("Tuple", ("[]", _, ("Element", ("Name", str(task))))), *_)):
            return task
        case _:
            raise Refused("the comprehension does not go through its tasks")


def original(form: object, result: object, call: object, target: object, origin: Origin) -> object:
    """The comprehension with its own header, and the call where the result of its task stands."""
    assert isinstance(form, tuple)
    task = task_of(form)
    last = form[-1]
    assert isinstance(last, tuple)
    taking = (form[:-1], last[3])
    awaited, count = replaced(taking, result, call)
    if count != 1 or occurrences(taking, task) != 1:
        raise Refused("the task of an element is not awaited once")
    assert isinstance(awaited, tuple)
    element, conditions = awaited
    told = set(_names(target))
    if any(occurrences(awaited, name) for name in bound_by(origin) if name not in told):
        raise Refused("a name of an element is not what it was")
    if conditions == ("[]",):
        return (*element, origin)
    if origin[3:] != (("[]",), None, None):
        raise Refused("the comprehension is not what it was")
    return (*element, ("CompFor", *origin[1:3], conditions, None, None))


def replaced(form: object, old: object, new: object) -> tuple[object, int]:
    """A form with ``old`` replaced, and how often that was."""
    count = 0

    def walk(part: object) -> object:
        nonlocal count
        if part == old:
            count += 1
            return new
        return tuple(walk(p) for p in part) if isinstance(part, tuple) else part

    return walk(form), count


def gathered(form: object, found: Callable[[object], object]) -> Iterator[tuple[object, object]]:
    """The parts of a form for which ``found`` answers, with the answer."""
    answer = found(form)
    if answer is not None:
        yield form, answer
    if isinstance(form, tuple):
        for part in form:
            yield from gathered(part, found)
