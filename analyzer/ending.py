"""Does a failure here end the program? (contract §5, plain form, condition b)

The block is reached only from ``asyncio.run(…)`` at module level of this file, and nothing on the
way catches, suppresses, has a ``finally`` or sets a deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .footprint import Footprints
from .ir import Event, Function, Invoke, Place, Statement, Use


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
        for function in self.module.functions:
            for statement, parents in _walk(function):
                nested = [e for b in statement.blocks for s in b.statements for e in s.events]
                own = _count(statement.events, symbol) - _count(nested, symbol)
                if own and statement.blocks:
                    return None
                if own:
                    found.append(own == 1 and self._fatal(function, statement, parents, symbol))
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


def _count(events: Iterable[Event], symbol: str) -> int:
    return sum(isinstance(e, Use) and e.place.symbol == symbol for e in events)


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
