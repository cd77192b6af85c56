"""Does a failure here end the program? (contract §5, plain form, condition b)

The block is reached only from ``asyncio.run(…)`` at module level of this file, and nothing on the
way catches, suppresses, has a ``finally`` or sets a deadline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from .footprint import Footprints
from .ir import Event, Function, Invoke, Place, Statement, Use

_Used = tuple[Function, Statement, tuple[Statement, ...], int]


class Reach:
    """Answers for the functions of one module; remembers what it found."""

    def __init__(self, footprints: Footprints) -> None:
        self.footprints = footprints
        self.module = footprints.inference.module
        self._ending: dict[str, bool] = {}

    def ends(self, function: Function, parents: Sequence[Statement]) -> bool:
        """True if whatever a block inside ``parents`` of ``function`` raises ends the program."""
        return (
            self.module.script
            and bool(function.name)
            and all(self._lets_through(s) for s in parents)
            and self._function_ends(function)
        )

    def _lets_through(self, statement: Statement) -> bool:
        if statement.kind in ("Try", "TryStar"):
            return False
        return all(self.footprints.manager(m.value) == "handle" for m in statement.managers)

    def _function_ends(self, function: Function) -> bool:
        known = self._ending.get(function.qualname)
        if known is None:
            self._ending[function.qualname] = False  # recursion does not end the program
            known = self._ending[function.qualname] = self._reached_by_run(function)
        return known

    def _reached_by_run(self, function: Function) -> bool:
        info = self.module.symbols.get(function.symbol)
        if info is None or info.bindings != 1 or not function.symbol.startswith(":"):
            return False
        if function.is_generator or function.decorators or function.exposed:
            return False
        uses = self._uses(function.symbol)
        return uses is not None and bool(uses) and all(uses)

    def _uses(self, symbol: str) -> list[bool] | None:
        """For each use of the function's name: does a failure there end the program?

        None if the name is used in a way that is not followed (exported, passed on, in a header).
        """
        if ":__all__" in self.module.symbols:
            return None
        found: list[bool] = []
        for function, statement, parents, own in self._places.get(symbol, ()):
            if statement.blocks:
                return None
            found.append(own == 1 and self._fatal(function, statement, parents, symbol))
        return found

    @cached_property
    def _places(self) -> dict[str, list[_Used]]:
        """Name of the module → the statements that use it outside of their blocks, how often."""
        found: dict[str, list[_Used]] = {}
        for function in self.module.functions:
            for statement, parents in _walk(function):
                own = Counter(_globals(statement.events))
                own.subtract(
                    Counter(
                        s for b in statement.blocks for one in b.statements
                        for s in _globals(one.events)
                    )
                )  # fmt: skip
                for symbol, count in own.items():
                    if count:
                        row = (function, statement, parents, count)
                        found.setdefault(symbol, []).append(row)
        return found

    def _fatal(
        self, function: Function, statement: Statement, parents: tuple[Statement, ...], symbol: str
    ) -> bool:
        if any(not self._lets_through(s) for s in parents):
            return False
        resolver = self.footprints.inference.resolver
        for event in statement.events:
            if not isinstance(event, Invoke):
                continue
            call = event.call
            if not function.name:
                runs = resolver.call_name(call) == "asyncio.run"
                inner = [a.value.place.symbol for a in call.arguments if a.value.place is not None]
                called = [
                    self.module.calls[s].function.place for s in inner if s in self.module.calls
                ]
                if runs and any(p is not None and p.symbol == symbol for p in called):
                    return True
            elif call.awaited and call.function.place == Place(symbol):
                return self._function_ends(function)
        return False


def _globals(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        if isinstance(event, Use) and event.place.symbol.startswith(":"):
            yield event.place.symbol


def _walk(function: Function) -> list[tuple[Statement, tuple[Statement, ...]]]:
    found: list[tuple[Statement, tuple[Statement, ...]]] = []
    stack: list[tuple[object, tuple[Statement, ...]]] = [(function.block, ())]
    while stack:
        block, parents = stack.pop()
        for statement in getattr(block, "statements", ()):
            found.append((statement, parents))
            if statement.kind not in ("FunctionDef", "ClassDef"):
                stack.extend((inner, (*parents, statement)) for inner in statement.blocks)
    return found
