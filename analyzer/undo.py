"""Output text → the batches it holds, by undoing each emitted shape and comparing with the input.

Knows the shapes only as text patterns (canonical forms); shares nothing with what emits them.
"""

# Canonical forms are nested tuples, matched by shape: their parts have no static types.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .canon import (
    Refused,
    check_named,
    drained,
    fill,
    fill_first,
    imports_of,
    is_simple,
    opens_file,
    shown,
    undo_awaits,
    undo_results,
    uses,
)
from .lowering.compare import Item
from .undo_batch import Batch
from .undo_chains import Chained, undo_chains
from .undo_headers import undo_header
from .undo_loops import Loop, undo_loop
from .undo_results import undo_results_of_one
from .undo_thread_loops import undo_thread_loop
from .undo_threads import CONTEXT, POOL, undo_threads

Canon = tuple[object, ...]


@dataclass(slots=True)
class Undo:
    """Matches the statements of two outlines; collects batches and new names."""

    helper: str
    batches: list[Batch] = field(default_factory=list[Batch])
    names: set[str] = field(default_factory=set[str])
    aliases: set[str] = field(default_factory=set[str])  # names of asyncio in the output
    helpers: set[str] = field(default_factory=set[str])
    loops: list[Loop] = field(default_factory=list[Loop])
    chains: list[Chained] = field(default_factory=list[Chained])
    threading: dict[str, str] = field(default_factory=dict[str, str])  # names of what pools need
    added: dict[str, int] = field(default_factory=dict[str, int])  # new imports, and before what

    def module(self, old: tuple[Item, ...], new: tuple[Item, ...]) -> None:
        """Match whole files. Raises Refused."""
        rest: list[Item] = []
        position = 0
        for item in new:
            if position < len(old) and item.canon == old[position].canon:
                position += 1
            else:
                name = self._new_import(item)
                if name and not any(item.canon == o.canon for o in old[position:]):
                    if position < len(old) and opens_file(old[position]):
                        raise Refused("an import stands before the docstring or `__future__`")
                    self.added[name] = position
                    continue
            rest.append(item)
        for item in new:
            self._known_import(item)
        self.block(old, tuple(rest))

    def _known_import(self, item: Item) -> None:
        for module, member, name in imports_of(item):
            if module == "asyncio" and not member:
                self.aliases.add(name)
            elif member and f"{module}.{member}" == self.helper:
                self.helpers.add(name)
            elif member and f"{module}.{member}" in (POOL, CONTEXT):
                self.threading[name] = f"{module}.{member}"

    def _new_import(self, item: Item) -> str:
        """The name that an import of asyncio or of the helper binds, or "" if it is none."""
        found = imports_of(item)
        if len(found) != 1:
            return ""
        module, member, name = found[0]
        wanted = f"{module}.{member}" if member else module
        return name if wanted in ("asyncio", self.helper, POOL, CONTEXT) else ""

    def block(self, old: tuple[Item, ...], new: tuple[Item, ...]) -> None:
        """Match the statements of one block. Raises Refused."""
        i = j = 0
        while j < len(new):
            if (
                i < len(old)
                and new[j].canon == old[i].canon
                and len(new[j].blocks) == len(old[i].blocks)
            ):
                self.same(old[i], new[j])
                i, j = i + 1, j + 1
                continue
            step = (
                undo_chains(self, old, i, new, j)
                or undo_thread_loop(self, old, i, new, j)
                or undo_loop(self, old, i, new, j)
                or undo_threads(self, old, i, new, j)
                or undo_header(self, old, i, new, j)
                or self._ordered(old, i, new, j)
                or self._results(old, i, new, j)
                or self._together(old, i, new, j)
                or self._group(old, i, new, j)
            )
            if step is None:
                raise Refused(f"{shown(new[j])} is neither the original nor a known shape")
            i, j = i + step[0], j + step[1]
        if i != len(old):
            raise Refused(f"{shown(old[i])} is gone")

    def same(self, old: Item, new: Item) -> None:
        """One statement with the same header; its blocks are matched in turn."""
        if new.canon != old.canon or len(new.blocks) != len(old.blocks):
            raise Refused(f"{shown(new)} is not what it was")
        for a, b in zip(old.blocks, new.blocks, strict=True):
            self.block(a, b)

    def same_at(self, old: tuple[Item, ...], i: int, new: Item) -> None:
        """One statement of a shape that stayed as it was. Raises Refused."""
        if i >= len(old):
            raise Refused("the `try` holds more than the original block")
        self.same(old[i], new)

    # -- shapes --------------------------------------------------------------------------------

    def reached(self, forms: Sequence[object]) -> frozenset[str]:
        """The names by which the shape calls asyncio or the helper (not those in arguments)."""
        found: set[str] = set()

        def walk(part: object) -> None:
            match part:
                case ("Attribute", ("Name", str(name)), ("Name", str(attr)), None) if (
                    name in self.aliases
                    and attr in ("gather", "ensure_future", "TaskGroup", "Semaphore")
                ):
                    found.add(name)
                case ("Await", ("Call", ("Name", str(name)), _)) if name in self.helpers:
                    found.add(name)
                case tuple():
                    for inner in part:
                        walk(inner)
                case _:
                    pass

        for form in forms:
            walk(form)
        return frozenset(found)

    def starts(
        self, new: tuple[Item, ...], j: int, opening: str, owner: str = ""
    ) -> tuple[dict[str, object], dict[str, object], int]:
        """Named arguments, then ``task = opening(call)``: their values by name."""
        named: dict[str, object] = {}
        tasks: dict[str, object] = {}
        while j < len(new):
            match new[j].canon:
                case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value):
                    call = self.opened(value, opening, owner)
                    if call is not None:
                        if name in tasks or name in named:
                            raise Refused(f"`{name}` is bound twice")
                        tasks[name] = fill(call, named)
                    elif not tasks:
                        named[name] = value
                    else:
                        break
                case _:
                    break
            j += 1
        return named, tasks, j

    def opened(self, value: object, opening: str, owner: str = "") -> object | None:
        """What is started by ``opening(…)`` of asyncio (or of ``owner``), if it is that."""
        match value:
            case (
                "Call",
                ("Attribute", ("Name", str(module)), ("Name", str(attr)), None),
                ("[]", ("Arg", call, None, None, "")),
            ):
                ok = module == owner if owner else module in self.aliases
                return call if ok and attr == opening else None
            case _:
                return None

    def _ordered(
        self, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
    ) -> tuple[int, int] | None:
        named, tasks, end = self.starts(new, j, "ensure_future")
        if not tasks or end >= len(new):
            return None
        frame = new[end]
        if frame.canon != ("Try", "…", ("[]",), None, ("Finally", "…")):
            return None
        body, final = frame.blocks
        drained(self.aliases, final, list(tasks))
        if i + len(body) > len(old):
            raise Refused("the `try` holds more than the original block")
        order = list(tasks)
        moved: list[int] = []
        calls: list[tuple[object, int]] = []
        first_named = False
        for k, item in enumerate(body):
            undone, used = undo_awaits(item.canon, tasks)
            if k == 0 and not used and named:
                undone = fill_first(undone, named)
                first_named = undone != item.canon
            if used:
                expected = order[len(moved) : len(moved) + len(used)]
                if item.blocks or [name for name, _ in used] != expected:
                    raise Refused("the tasks are not awaited one by one in order")
                moved += [i + k] * len(used)
                calls += [(tasks[name], nth) for name, nth in used]
            elif item.blocks:
                self.same(old[i + k], item)
                continue
            if undone != old[i + k].canon:
                raise Refused(f"{shown(item)} is not what it was")
        raw = [item.canon for item in new[end - len(tasks) : end]]
        check_named(named, [body[0].canon, *raw])
        if len(moved) != len(tasks):
            raise Refused("a task is started and not awaited in the `try`")
        self.names.update(named, tasks)
        reached = self.reached([*raw, *(item.canon for item in final)])
        self.batches.append(
            Batch("ordered", id(old), i, (i, *moved), tuple(moved), calls=tuple(calls),
                  named=self.from_names(new[end - len(tasks) : end], named),
                  first_named=first_named, reached=reached)
        )  # fmt: skip
        return len(body), end + 1 - j

    def from_names(self, started: Sequence[Item], named: dict[str, object]) -> frozenset[int]:
        """The calls that are started from names and literals only, by their position."""
        found: set[int] = set()
        for position, item in enumerate(started):
            match item.canon:
                case ("Assign", _, ("Call", _, ("[]", ("Arg", ("Call", func, ("[]", *args)), *_)))):
                    simple = all(is_simple(a[1]) for a in args if isinstance(a, tuple))
                    if simple and (is_simple(func) or not uses(func, named)):
                        found.add(position)
                case _:
                    pass
        return frozenset(found)

    def _results(
        self, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
    ) -> tuple[int, int] | None:
        match new[j].canon:
            case ("Assign", _, value) if i < len(old) and j + 1 < len(new):
                gathered = self.gathered(value)
            case _:
                return None
        if gathered is None or gathered[0] != "plain":
            return None
        found = undo_results_of_one(old[i], id(old), i, new[j], new[j + 1], gathered[1])
        if found is None:
            return None
        batch, names = found
        self.names.update(names)
        self.batches.append(replace(batch, reached=self.reached([new[j].canon])))
        return 1, 2

    def _together(
        self, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
    ) -> tuple[int, int] | None:
        named: dict[str, object] = {}
        start = j
        while j < len(new):
            match new[j].canon:
                case ("Assign", ("[]", ("AssignTarget", ("Name", str(name)))), value) if (
                    self.gathered(value) is None
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
        found = self.gathered(value)
        if found is None:
            return None
        form, calls = found
        check_named(named, calls)
        calls = [fill(call, named) for call in calls]
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
            self.same(old[index], item)
        self.names.update(named)
        self.batches.append(
            Batch(form, id(old), i, tuple(members), tuple(members[1:]), tuple(between),
                  named=frozenset(range(len(members))) if named else frozenset(),
                  reached=self.reached([new[j].canon]))
        )  # fmt: skip
        return k - i, j + 1 + len(between) - start

    def gathered(self, value: object) -> tuple[str, list[object]] | None:
        """The form, and the calls, of a value that awaits them at once."""
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

    def _group(
        self, old: tuple[Item, ...], i: int, new: tuple[Item, ...], j: int
    ) -> tuple[int, int] | None:
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
        reached = self.reached([new[j].canon])
        _, tasks, end = self.starts(new[j].blocks[0], 0, "create_task", group)
        if end != len(new[j].blocks[0]) or not tasks:
            raise Refused("the task group holds more than its tasks")
        check_named(named, list(tasks.values()))
        calls = {t: fill(c, named) for t, c in tasks.items()}
        order, members, k = list(calls), list[int](), i
        j += 1
        while len(members) < len(order):
            if k >= len(old) or j >= len(new):
                raise Refused("a task's result is not taken")
            undone, used = undo_results(new[j].canon, calls)
            if used:
                if used != [order[len(members)]]:
                    raise Refused("results are not taken in order")
                members.append(k)
            if undone != old[k].canon:
                raise Refused(f"{shown(new[j])} is not what it was")
            j, k = j + 1, k + 1
        self.names.update(named, tasks, [group])
        between = tuple(n for n in range(i, k) if n not in members)
        self.batches.append(
            Batch("taskgroup", id(old), i, tuple(members), tuple(members[1:]), between,
                  named=frozenset(range(len(members))) if named else frozenset(), reached=reached)
        )  # fmt: skip
        return k - i, j - start
