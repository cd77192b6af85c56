"""Output text → the batches it holds, by undoing each emitted shape and comparing with the input.

Knows the shapes only as text patterns (canonical forms); shares nothing with what emits them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .lowering.compare import Item

Canon = tuple[object, ...]


class Refused(Exception):
    """The output is not the input with known shapes applied; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A shape found in the output.

    ``members`` are the old statements whose calls run together, in source order; ``moved`` those
    whose calls start before the old statement ``first``; ``between`` old statements that now
    follow the whole batch. ``named``: members whose risky arguments were evaluated ahead.
    """

    form: str
    block: int  # identity of the old block's tuple of items
    first: int
    members: tuple[int, ...]
    moved: tuple[int, ...]
    between: tuple[int, ...] = ()
    named: frozenset[int] = frozenset()


@dataclass(slots=True)
class Undo:
    """Matches the statements of two outlines; collects batches and new names."""

    helper: str
    batches: list[Batch] = field(default_factory=list[Batch])
    names: set[str] = field(default_factory=set[str])
    aliases: set[str] = field(default_factory=lambda: {"asyncio"})
    helpers: set[str] = field(default_factory=set[str])

    def module(self, old: tuple[Item, ...], new: tuple[Item, ...]) -> None:
        """Match whole files. Raises Refused."""
        rest: list[Item] = []
        position = 0
        for item in new:
            if position < len(old) and item.canon == old[position].canon:
                position += 1
            else:
                alias = self._new_import(item)
                if alias and not any(item.canon == o.canon for o in old[position:]):
                    continue
            rest.append(item)
        for item in (*old, *new):
            self._known_import(item)
        self.block(old, tuple(rest))

    def _known_import(self, item: Item) -> None:
        match item.canon:
            case ("Import", ("[]", *aliases)):
                for alias in aliases:
                    match alias:
                        case ("ImportAlias", ("Name", "asyncio"), None):
                            self.aliases.add("asyncio")
                        case ("ImportAlias", ("Name", "asyncio"), ("AsName", ("Name", str(name)))):
                            self.aliases.add(name)
                        case _:
                            pass
            case ("ImportFrom", _, ("[]", *aliases), *_):
                for alias in aliases:
                    match alias:
                        case ("ImportAlias", ("Name", str(name)), None):
                            if self.helper.endswith(f".{name}"):
                                self.helpers.add(name)
                        case ("ImportAlias", ("Name", str(name)), ("AsName", ("Name", str(own)))):
                            if self.helper.endswith(f".{name}"):
                                self.helpers.add(own)
                        case _:
                            pass
            case _:
                pass

    def _new_import(self, item: Item) -> bool:
        match item.canon:
            case ("Import", ("[]", ("ImportAlias", ("Name", "asyncio"), None))):
                return True
            case ("Import", ("[]", ("ImportAlias", ("Name", "asyncio"),
                                    ("AsName", ("Name", str(name)))))):  # fmt: skip
                self.names.add(name)
                return True
            case ("ImportFrom", module, ("[]", ("ImportAlias", ("Name", str(name)), alias)), *_):
                if f"{_dotted(module)}.{name}" != self.helper:
                    return False
                match alias:
                    case ("AsName", ("Name", str(own))):
                        self.names.add(own)
                    case _:
                        pass
                return True
            case _:
                return False

    def block(self, old: tuple[Item, ...], new: tuple[Item, ...]) -> None:
        """Match the statements of one block. Raises Refused."""
        i = j = 0
        while j < len(new):
            if i < len(old) and new[j].canon == old[i].canon and \
                    len(new[j].blocks) == len(old[i].blocks):  # fmt: skip
                self._same(old[i], new[j])
                i, j = i + 1, j + 1
                continue
            step = (
                self._ordered(old, i, new, j)
                or self._together(old, i, new, j)
                or self._group(old, i, new, j)
            )
            if step is None:
                raise Refused(f"{_shown(new[j])} is neither the original nor a known shape")
            i, j = i + step[0], j + step[1]
        if i != len(old):
            raise Refused(f"{_shown(old[i])} is gone")

    def _same(self, old: Item, new: Item) -> None:
        """One statement with the same header; its blocks are matched in turn."""
        if new.canon != old.canon or len(new.blocks) != len(old.blocks):
            raise Refused(f"{_shown(new)} is not what it was")
        for a, b in zip(old.blocks, new.blocks, strict=True):
            self.block(a, b)

    # -- shapes --------------------------------------------------------------------------------

    def _starts(self, new: tuple[Item, ...], j: int, opening: str, owner: str = ""
                ) -> tuple[dict[str, object], dict[str, object], int]:  # fmt: skip
        """Named arguments, then ``task = opening(call)``: their values by name."""
        named: dict[str, object] = {}
        tasks: dict[str, object] = {}
        while j < len(new):
            match new[j].canon:
                case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value):
                    call = self._opened(value, opening, owner)
                    if call is not None:
                        tasks[name] = substitute(call, named, awaiting=False)
                        if name in self.names or name in named:
                            raise Refused(f"`{name}` is bound twice")
                    elif not tasks:
                        named[name] = value
                    else:
                        break
                case _:
                    break
            j += 1
        return named, tasks, j

    def _opened(self, value: object, opening: str, owner: str) -> object | None:
        match value:
            case ("Call", ("Attribute", ("Name", str(module)), ("Name", str(attr)), None),
                  ("[]", ("Arg", call, None, None, ""))):  # fmt: skip
                ok = module == owner if owner else module in self.aliases
                return call if ok and attr == opening else None
            case _:
                return None

    def _ordered(self, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
                 ) -> tuple[int, int] | None:  # fmt: skip
        named, tasks, end = self._starts(new, j, "ensure_future")
        if not tasks or end >= len(new):
            return None
        frame = new[end]
        if frame.canon != ("Try", "…", ("[]",), None, ("Finally", "…")):
            return None
        body, final = frame.blocks
        self._drained(final, list(tasks))
        if i + len(body) > len(old):
            raise Refused("the `try` holds more than the original block")
        order = list(tasks)
        moved: list[int] = []
        first_named = False
        for k, item in enumerate(body):
            undone, used = _awaited(item.canon, tasks)
            if k == 0 and not used and named:
                undone = _replaced(undone, named)
                first_named = undone != item.canon
            if used:
                if item.blocks or len(used) != 1 or used[0] != order[len(moved)]:
                    raise Refused("the tasks are not awaited one by one in order")
                moved.append(i + k)
            elif item.blocks:
                self._same(old[i + k], item)
                continue
            if undone != old[i + k].canon:
                raise Refused(f"{_shown(item)} is not what it was")
        if len(moved) != len(tasks):
            raise Refused("a task is started and not awaited in the `try`")
        self.names.update(named, tasks)
        self.batches.append(
            Batch("ordered", id(old), i, (i, *moved), tuple(moved),
                  named=self._named(new, end, tasks, named, moved)
                  | (frozenset((i,)) if first_named else frozenset()))
        )  # fmt: skip
        return len(body), end + 1 - j

    def _named(self, new: tuple[Item, ...], end: int, tasks: dict[str, object],
               named: dict[str, object], moved: Sequence[int]) -> frozenset[int]:  # fmt: skip
        """Members that are started from names and literals only."""
        first = end - len(tasks)
        found: set[int] = set()
        for item, index in zip(new[first:end], moved, strict=True):
            match item.canon:
                case ("Assign", _, ("Call", _, ("[]", ("Arg", ("Call", func, ("[]", *args)), *_)))):
                    simple = all(_simple(a[1]) for a in args if isinstance(a, tuple))
                    if simple and (_simple(func) or not _uses(func, named)):
                        found.add(index)
                case _:
                    pass
        return frozenset(found)

    def _drained(self, final: tuple[Item, ...], tasks: list[str]) -> None:
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
            for a in self.aliases
        ]  # fmt: skip
        if found[:-1] != expected or found[-1] not in gathers:
            raise Refused("the tasks are not all cancelled and drained")

    def _together(self, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
                  ) -> tuple[int, int] | None:  # fmt: skip
        named: dict[str, object] = {}
        start = j
        while j < len(new):
            match new[j].canon:
                case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value) if (
                    self._gathered(value) is None
                ):
                    named[name] = value
                    j += 1
                case _:
                    break
        if j >= len(new):
            return None
        targets: list[object]
        match new[j].canon:
            case ("Assign", ("[]", ("AssignTarget", ("Tuple", ("[]", *elements)))), value):
                targets = [e[1] for e in elements if isinstance(e, tuple)]
            case ("Expr", value):
                targets = []
            case _:
                return None
        found = self._gathered(value)
        if found is None:
            return None
        form, calls = found
        calls = [substitute(call, named, awaiting=False) for call in calls]
        targets = targets or [("Name", "_")] * len(calls)
        if len(targets) != len(calls):
            return None
        members: list[int] = []
        between: list[int] = []
        k = i
        while len(members) < len(calls) and k < len(old):
            target, call = targets[len(members)], calls[len(members)]
            wanted: object = ("Assign", ("[]", ("AssignTarget", target)), ("Await", call))
            if target == ("Name", "_"):
                wanted = ("Expr", ("Await", call))
            if old[k].canon == wanted:
                members.append(k)
            else:
                between.append(k)
            k += 1
        if len(members) < len(calls):
            return None
        follow = new[j + 1 : j + 1 + len(between)]
        if len(follow) < len(between):
            return None
        for index, item in zip(between, follow, strict=True):
            self._same(old[index], item)
        self.names.update(named)
        self.batches.append(
            Batch(form, id(old), i, tuple(members), tuple(members[1:]), tuple(between),
                  frozenset(members) if named else frozenset())
        )  # fmt: skip
        return k - i, j + 1 + len(between) - start

    def _gathered(self, value: object) -> tuple[str, list[object]] | None:
        match value:
            case ("Await", ("Call", ("Attribute", ("Name", str(a)), ("Name", "gather"), None),
                            ("[]", *args))) if a in self.aliases:  # fmt: skip
                form = "plain"
            case ("Await", ("Call", ("Name", str(name)), ("[]", *args))) if name in self.helpers:
                form = "helper"
            case _:
                return None
        calls: list[object] = []
        for arg in args:
            match arg:
                case ("Arg", call, None, None, ""):
                    calls.append(call)
                case _:
                    return None
        return form, calls

    def _group(self, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
               ) -> tuple[int, int] | None:  # fmt: skip
        start = j
        named: dict[str, object] = {}
        while j < len(new):
            match new[j].canon:
                case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value):
                    named[name] = value
                    j += 1
                case _:
                    break
        if j >= len(new):
            return None
        match new[j].canon:
            case ("With", ("[]", ("WithItem", ("Call", ("Attribute", ("Name", str(a)),
                  ("Name", "TaskGroup"), None), ("[]",)), ("AsName", ("Name", str(group))))),
                  "…", _) if a in self.aliases:  # fmt: skip
                pass
            case _:
                return None
        _, tasks, end = self._starts(new[j].blocks[0], 0, "create_task", group)
        if end != len(new[j].blocks[0]) or not tasks:
            raise Refused("the task group holds more than its tasks")
        calls = {t: substitute(c, named, awaiting=False) for t, c in tasks.items()}
        order, members, k = list(calls), list[int](), i
        j += 1
        while len(members) < len(order):
            if k >= len(old) or j >= len(new):
                raise Refused("a task's result is not taken")
            undone, used = _results(new[j].canon, calls)
            if used:
                if used != [order[len(members)]]:
                    raise Refused("results are not taken in order")
                members.append(k)
            if undone != old[k].canon:
                raise Refused(f"{_shown(new[j])} is not what it was")
            j, k = j + 1, k + 1
        self.names.update(named, tasks, [group])
        between = tuple(n for n in range(i, k) if n not in members)
        self.batches.append(
            Batch("taskgroup", id(old), i, tuple(members), tuple(members[1:]), between,
                  frozenset(members) if named else frozenset())
        )  # fmt: skip
        return k - i, j - start


def _shown(item: Item) -> str:
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


def _replaced(form: object, values: dict[str, object]) -> object:
    """``form`` with the names of ``values`` replaced wherever they stand."""
    match form:
        case ("Name", str(name)) if name in values:
            return values[name]
        case tuple():
            return tuple(_replaced(part, values) for part in form)
        case _:
            return form


def _awaited(form: object, tasks: dict[str, object]) -> tuple[object, list[str]]:
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


def _results(form: object, calls: dict[str, object]) -> tuple[object, list[str]]:
    used: list[str] = []

    def walk(part: object) -> object:
        match part:
            case ("Call", ("Attribute", ("Name", str(name)), ("Name", "result"), None), ("[]",)) if (
                name in calls
            ):
                used.append(name)
                return ("Await", calls[name])
            case tuple():
                return tuple(walk(p) for p in part)
            case _:
                return part

    return walk(form), used


def _simple(form: object) -> bool:
    match form:
        case ("Name", _) | ("SimpleString", _) | ("Integer", _) | ("Float", _):
            return True
        case _:
            return False


def _uses(form: object, values: dict[str, object]) -> bool:
    return substitute(form, values, awaiting=False) != form


def _dotted(form: object) -> str:
    match form:
        case ("Name", str(name)):
            return name
        case ("Attribute", value, ("Name", str(name)), *_):
            return f"{_dotted(value)}.{name}"
        case _:
            return ""
