"""Which names are bound for certain, and where one is read that may not be (reference, 4.2.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .ir import Block, Define, Enter, Event, Function, Module, Risk, Statement, Use

#: After one of these, what stands below in the block does not run.
_LEAVING = frozenset({"Return", "Raise", "Continue", "Break"})


@dataclass(frozen=True, slots=True)
class Bound:
    """The symbols that are bound at one statement: those whose binding stands before it."""

    table: Mapping[str, int]
    index: int
    module_level: bool = False

    def __contains__(self, symbol: object) -> bool:
        return isinstance(symbol, str) and self.table.get(symbol, self.index) < self.index


_NOTHING = Bound({}, 0)
_MODULE = Bound({}, 0, module_level=True)


class Binding:
    """What the statements of one module bind for certain.

    ``whole``: does a manager let every failure of its body pass, so that the body has run when the
    statement is done?
    """

    def __init__(self, module: Module, whole: Callable[[Enter], bool]) -> None:
        self.module = module
        self._whole = whole

    def binds(self, statement: Statement) -> frozenset[str]:
        """Names that are bound for certain once the statement has run, and never unbound again."""
        if statement.kind in ("Del", "Assert"):  # an `assert` may be left out (``python -O``)
            return frozenset()
        found = self._defined(_outside(statement))
        blocks = statement.blocks
        match statement.kind:
            case "With" if all(map(self._whole, statement.managers)):
                return found | self._one_of(blocks)
            case "If" if any(block.role == "orelse" for block in blocks):
                return found | self._one_of(blocks)
            case "Match" if any(block.always for block in blocks):
                return found | self._one_of(blocks)
            case "Try" | "TryStar":
                return found | self._tried(blocks)
            case _:
                return found

    def entering(self, statement: Statement, block: Block) -> frozenset[str]:
        """Names that a statement binds for certain before one of its blocks begins."""
        header = statement.events[: statement.blocks[0].at]
        found = self._steady(block.binds) | self._defined(header)
        if statement.kind in ("Try", "TryStar") and block.role == "orelse":
            found |= self._block(statement.blocks[0]) or frozenset()
        return found

    def _tried(self, blocks: tuple[Block, ...]) -> frozenset[str]:
        """Names that are bound however a `try` has ended, as long as it has not failed."""
        body = [self._block(b) for b in blocks if b.role in ("try", "orelse")]
        ended = [frozenset[str]().union(*(b for b in body if b is not None))] \
            if None not in body else []  # fmt: skip
        handled = [self._block(b) for b in blocks if b.role == "handler"]
        final = [self._block(b) or frozenset[str]() for b in blocks if b.role == "finalbody"]
        return _common([*ended, *(b for b in handled if b is not None)]).union(*final)

    def _one_of(self, blocks: Iterable[Block]) -> frozenset[str]:
        return _common(f for b in blocks if (f := self._block(b)) is not None)

    def _block(self, block: Block) -> frozenset[str] | None:
        """Names that are bound at the end of a block; None if its end is never reached."""
        if self._leaves(block):
            return None
        return self._steady(block.binds).union(*map(self.binds, block.statements))

    def _leaves(self, block: Block) -> bool:
        last = block.statements[-1] if block.statements else None
        if last is None or last.kind != "If":
            return last is not None and last.kind in _LEAVING
        exhausted = any(b.role == "orelse" for b in last.blocks)
        return exhausted and all(map(self._leaves, last.blocks))

    def _defined(self, events: Iterable[Event]) -> frozenset[str]:
        return self._steady(e.symbol for e in events if isinstance(e, Define) and not e.guarded)

    def _steady(self, symbols: Iterable[str]) -> frozenset[str]:
        """Those that nothing takes away again."""
        known = self.module.symbols
        return frozenset(s for s in symbols if not (s in known and known[s].unbound))


class Unbound:
    """The events of a module at which a name is read, or deleted, that may not be bound.

    ``certain`` says whether a symbol is bound, given those that the statements before bind.
    """

    def __init__(self, binding: Binding, certain: Callable[[str, Bound], bool]) -> None:
        self.binding = binding
        self.module = binding.module
        self._certain = certain
        self._ids: set[int] = set()
        #: By scope of a function: names of those around it that are bound when it is defined.
        self.entry: dict[str, frozenset[str]] = {}
        self._symbols = {f.scope: f.symbol for f in self.module.functions}
        self._scopes = {f.scope for f in self.module.functions} | set(self.module.classes)
        for function in sorted(self.module.functions, key=lambda f: f.scope.count(".") + 1
                               if f.name else 0):  # fmt: skip
            self._deleted: set[str] = set()
            self._block(function, function.block, self.at_entry(function))

    def __contains__(self, event: Event) -> bool:
        return id(event) in self._ids

    def at_entry(self, function: Function) -> frozenset[str]:
        """The local symbols that are bound when a function begins."""
        return self.entry.get(function.scope, frozenset()) | frozenset(function.parameters)

    def _block(self, function: Function, block: Block, bound: frozenset[str]) -> list[bool]:
        found: list[bool] = []
        for statement in block.statements:
            found += self._statement(function, statement, bound)
            bound |= self.binding.binds(statement)
        return found

    def _statement(
        self, function: Function, statement: Statement, bound: frozenset[str]
    ) -> list[bool]:
        """For each of its events whether the name may be unbound there."""
        found: list[bool] = []
        own = set(bound)
        at = 0
        for block in statement.blocks:
            found += self._events(function, statement, statement.events[at : block.at], own)
            inner = self.binding.entering(statement, block)
            found += self._block(function, block, bound | inner)
            at = len(found)
        found += self._events(function, statement, statement.events[at:], own)
        for event, may in zip(statement.events, found, strict=True):
            if may:
                self._ids.add(id(event))
        return found

    def _events(
        self, function: Function, statement: Statement, events: Iterable[Event], own: set[str]
    ) -> Iterator[bool]:
        for event in events:
            if isinstance(event, Use):
                yield event.risk is Risk.NAME and not self._known(function, event.place.symbol, own)
                continue
            may = False
            if isinstance(event, Define):
                symbol = event.symbol
                if statement.kind == "Del":
                    may = not self._deletes(function, event)
                elif not event.guarded or symbol.rpartition(":")[0] not in self._scopes:
                    own.add(symbol)  # the target of a comprehension has a scope of its own
                nested = event.value.function
                if nested and self._symbols.get(nested) == symbol:
                    held = self.entry.get(nested)
                    self.entry[nested] = frozenset(own) if held is None else held & own
            yield may

    def _known(self, function: Function, symbol: str, own: set[str]) -> bool:
        info = self.module.symbols.get(symbol)
        if symbol in own and info is not None and not info.unbound:
            return True
        return self._certain(symbol, _NOTHING if function.name else _MODULE)

    def _deletes(self, function: Function, event: Define) -> bool:
        """Is it a parameter that is deleted once, by the function itself?"""
        symbol = event.symbol
        again = symbol in self._deleted or event.guarded or symbol in function.exposed
        self._deleted.add(symbol)
        return symbol in function.parameters and not again


def _outside(statement: Statement) -> Iterator[Event]:
    """What a statement does outside of its blocks."""
    at = 0
    for block in statement.blocks:
        yield from statement.events[at : block.at]
        at = block.at + sum(len(s.events) for s in block.statements)
    yield from statement.events[at:]


def _common(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    first, *others = [*sets] or [frozenset[str]()]
    return first.intersection(*others)
