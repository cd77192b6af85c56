"""Undoing the pool of threads that makes later calls beside the first one (see ``undo``).

The shape is known here as a pattern on canonical forms only; what emits it is not looked at.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .canon import Refused, evaluated, occurrences, shown
from .lowering.compare import Item
from .undo_batch import Batch

if TYPE_CHECKING:
    from .undo import Undo

#: What the shape calls, by its dotted name.
POOL = "concurrent.futures.ThreadPoolExecutor"
CONTEXT = "contextvars.copy_context"


def undo_threads(
    undo: Undo, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
) -> tuple[int, int] | None:
    """Match one pool at ``old[i]``: how many statements of each text it takes. Raises Refused."""
    opened = _opened(undo, new[j].canon)
    if opened is None:
        return None
    executor, pool, workers = opened
    body = new[j].blocks[0]
    calls: dict[str, object] = {}
    contexts: set[str] = set()
    for item in body:
        found = _submitted(undo, item.canon, pool)
        if found is None:
            break
        name, context, call = found
        if name in calls or name == pool:
            raise Refused(f"`{name}` is bound twice")
        calls[name] = call
        contexts.add(context)
    if not calls:
        return None
    rest = body[len(calls) :]
    if i + len(rest) > len(old):
        raise Refused("the pool is open for more than the original block")
    order = list(calls)
    moved: list[int] = []
    forms: list[tuple[object, int]] = []
    ways: set[str] = set()
    for k, item in enumerate(rest):
        used: list[tuple[str, int]] = []
        undone = _results(item.canon, Taken(calls, undo.aliases, used, ways, Counter()))
        if used:
            expected = order[len(moved) : len(moved) + len(used)]
            if item.blocks or [name for name, _ in used] != expected:
                raise Refused("the results are not taken one by one, in order")
            moved += [i + k] * len(used)
            forms += [(calls[name], nth) for name, nth in used]
        elif item.blocks:
            undo.same(old[i + k], item)
            continue
        if undone != old[i + k].canon:
            raise Refused(f"{shown(item)} is not what it was")
    if len(moved) != len(calls):
        raise Refused("a call is made in a thread, and its result not taken")
    if moved[-1] != i + len(rest) - 1:
        raise Refused("the pool is open for longer than its calls are under way")
    waits = "" not in ways
    if len(ways) > 1:
        raise Refused("some results are awaited, and some are not")
    if any(occurrences(item.canon, name) for item in rest for name in (pool, executor)):
        raise Refused("the pool is used for something else")
    undo.names.update(calls, [pool])
    members = tuple(moved) if waits and moved[0] == i else (i, *moved)
    undo.batches.append(
        Batch("threads", id(old), i, members, tuple(moved), calls=tuple(forms),
              workers=workers, waits=waits,
              reached=frozenset({executor, *contexts, *ways} - {""}))
    )  # fmt: skip
    return len(rest), 1


def _opened(undo: Undo, form: object) -> tuple[str, str, int] | None:
    """``with ThreadPoolExecutor(max_workers=n) as pool``: the names, and n."""
    match form:
        case ("With", ("[]", ("WithItem", made, ("AsName", ("Name", str(pool))))), "…", None):
            found = opened(undo, made)
            return None if found is None else (found[0], pool, found[1])
        case _:
            return None


def opened(undo: Undo, form: object) -> tuple[str, int] | None:
    """``ThreadPoolExecutor(max_workers=n)``: its name, and n."""
    match form:
        case ("Call", ("Name", str(executor)),
              ("[]", ("Arg", ("Integer", str(number)), ("Name", "max_workers"), ("AssignEqual",),
                      ""))) if (
            undo.threading.get(executor) == POOL and number.isdecimal()
        ):  # fmt: skip
            return executor, int(number)
        case _:
            return None


def _submitted(undo: Undo, form: object, pool: str) -> tuple[str, str, object] | None:
    """``name = pool.submit(copy_context().run, callee, …)``: name, function, and the call."""
    match form:
        case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value):
            found = submitted(undo, value, pool)
            return None if found is None else (name, *found)
        case _:
            return None


def submitted(undo: Undo, form: object, pool: str) -> tuple[str, object] | None:
    """``pool.submit(copy_context().run, callee, …)``: the function of the context, and the call."""
    match form:
        case ("Call", ("Attribute", ("Name", str(owner)), ("Name", "submit"), None),
              ("[]", ("Arg", ("Attribute", ("Call", ("Name", str(context)), ("[]",)),
                              ("Name", "run"), None), None, None, ""),
               ("Arg", callee, None, None, ""), *arguments)) if (
            owner == pool and undo.threading.get(context) == CONTEXT
        ):  # fmt: skip
            return context, ("Call", callee, ("[]", *arguments))
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Taken:
    """The calls by the names of their results, the names of asyncio, and what is found in a form.

    ``used`` gets the names in order, with each the how manieth call of its form in the statement it
    is; ``ways`` how the results are taken: a name of asyncio if they are awaited, else "".
    """

    calls: dict[str, object]
    aliases: set[str]
    used: list[tuple[str, int]]
    ways: set[str]
    count: Counter[object]

    def take(self, name: str, way: str) -> object:
        """The call that a result stands for."""
        call = self.calls[name]
        self.used.append((name, self.count[call]))
        self.count[call] += 1
        self.ways.add(way)
        return call


def _results(form: object, taken: Taken) -> object:
    """``form`` with each ``name.result()``, or ``await asyncio.wrap_future(name)``, undone."""
    calls = taken.calls
    match form:
        case ("Call", ("Attribute", ("Name", str(name)), ("Name", "result"), None), ("[]",)) if (
            name in calls
        ):
            return taken.take(name, "")
        case ("Await", ("Call", ("Attribute", ("Name", str(asyncio)), ("Name", "wrap_future"),
                                 None), ("[]", ("Arg", ("Name", str(name)), None, None, "")))) if (
            name in calls and asyncio in taken.aliases
        ):  # fmt: skip
            return taken.take(name, asyncio)
        case ("Name", str(name)) if name in calls:
            raise Refused(f"`{name}` is used for something else than its result")
        case ("Arg", value, *rest):
            return ("Arg", _results(value, taken), *rest)  # a keyword is no use of a name
        case ("Attribute", value, *rest):
            return ("Attribute", _results(value, taken), *rest)
        case ("Assign", targets, value):
            done = _results(value, taken)  # before its targets (Python reference 7.2)
            return ("Assign", _results(targets, taken), done)
        case ("AnnAssign", target, annotation, value, *rest):
            done = _results(value, taken)  # before its target, and the annotation is last
            return ("AnnAssign", _results(target, taken), annotation, done, *rest)
        case ("Lambda", defaults, body):  # what is called in it is not called by the statement
            inner = Taken(calls, taken.aliases, taken.used, taken.ways, Counter())
            return ("Lambda", _results(defaults, taken), _results(body, inner))
        case ("Call", callee, ("[]", *given)):
            callee = _results(callee, taken)
            done = ("Call", callee, ("[]", *evaluated(given, lambda one: _results(one, taken))))
            taken.count[done] += 1
            return done
        case tuple():
            return tuple(_results(part, taken) for part in form)
        case _:
            return form
