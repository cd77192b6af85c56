"""What lowering carries along: positions, scopes, and the facts it collects about symbols."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import CodeRange

from ..comprehensions import Comprehension
from ..ir import Call, ClassInfo, Event, Function, Place, Risk, Span, Use, Value
from ..names import Scope, Scopes, resolve
from ..source import Source


@dataclass(slots=True)
class Unit:
    """Collected over a whole module while it is lowered."""

    source: Source
    scopes: Scopes
    positions: Mapping[cst.CSTNode, CodeRange]
    functions: list[Function] = field(default_factory=list[Function])
    calls: dict[str, Call] = field(default_factory=dict[str, Call])
    classes: dict[str, ClassInfo] = field(default_factory=dict[str, ClassInfo])
    signatures: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    values: dict[str, list[Value]] = field(default_factory=dict[str, list[Value]])
    annotations: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    symbols: dict[str, tuple[str, Scope | None]] = field(
        default_factory=dict[str, tuple[str, Scope | None]]
    )
    exposed: set[str] = field(default_factory=set[str])
    aliases: dict[str, cst.BaseExpression] = field(default_factory=dict[str, cst.BaseExpression])
    unbound: set[str] = field(default_factory=set[str])  # taken away by `del`, or `except … as`
    strings: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    comprehensions: list[Comprehension] = field(default_factory=list[Comprehension])
    number: int = 0
    arithmetic: frozenset[cst.Call] = frozenset()  # calls of `eval` that only compute

    @property
    def future_annotations(self) -> bool:
        """Are annotations kept as text (PEP 563)?"""
        return "__future__.annotations" in self.scopes.module.imports.values()

    def span(self, node: cst.CSTNode) -> Span:
        where = self.positions[node]
        return self.between(where.start.line, where.start.column, where.end.line, where.end.column)

    def between(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """A span from LibCST positions (lines from 1, columns from 0)."""
        start = self.source.offset(line, column)
        end = self.source.offset(end_line, end_column)
        return Span(
            start,
            end,
            line,
            start - self.source.line_starts[line - 1] + 1,
            end_line,
            end - self.source.line_starts[end_line - 1] + 1,
        )

    def text(self, span: Span) -> str:
        return self.source.text[span.start : span.end]


@dataclass(slots=True)
class Context:
    """Where expressions are lowered: the scope they stand in and the events they add."""

    unit: Unit
    scope: Scope
    events: list[Event] = field(default_factory=list[Event])
    depth: int = 0

    @property
    def guarded(self) -> bool:
        return self.depth > 0

    def add(self, event: Event) -> None:
        self.events.append(event)

    @contextmanager
    def guard(self) -> Generator[None]:
        """What is lowered inside may run not at all, or more than once."""
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def symbol(self, name: str) -> str:
        """The symbol that ``name`` means here; remembers what nested functions can see."""
        found = resolve(self.scope, name)
        if found is None:
            symbol = f"builtins:{name}"
        else:
            symbol = found.symbol(name)
            if found.kind == "function" and _function_scope(self.scope) is not found:
                self.unit.exposed.add(symbol)
        self.unit.symbols.setdefault(symbol, (name, found))
        return symbol

    def use(self, place: Place, *, deep: bool, risk: Risk) -> None:
        self.add(Use(place, deep, risk, self.guarded))


def _function_scope(scope: Scope) -> Scope:
    while scope.kind == "comprehension" and scope.parent is not None:
        scope = scope.parent
    return scope
