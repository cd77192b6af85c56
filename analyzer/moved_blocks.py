"""Compound statements that may move as a whole into a function of their own (contract §3, §4).

What may stand in them, which failures they keep to themselves, and whether all names that they
read are bound by then. Context only: the planner and the validator both ask here.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Collection, Container, Iterable, Iterator

from .edges import Member
from .effects.model import MEMORY
from .footprint import Footprint, Footprints
from .ir import CAUGHT, Block, Call, Define, Event, Function, Mutate, Risk, Statement, Store, Use
from .moved_text import strange_tree
from .sites import Sites

SIMPLE = frozenset({"Assign", "AnnAssign", "AugAssign", "Expr", "Pass"})
COMPOUND = frozenset({"If", "Try", "With"})


def unfit(statement: Statement, sites: Sites) -> str:
    """Why a statement cannot move as a whole, by what it is, or ""."""
    line = statement.span.line
    if statement.kind not in SIMPLE | COMPOUND or (statement.blocks and statement.final):
        return f"line {line} may not stand in a function of its own"
    if statement.kind == "With":
        for enter in statement.managers:
            if sites.footprints.manager(enter.value) != "handle":
                return f"line {line} enters what is not known to be a handle of its own"
    for block in statement.blocks:
        for inner in block.statements:
            reason = f"line {line} holds its body itself" if block.inline else unfit(inner, sites)
            if reason:
                return reason
    return ""


def unreadable(statement: Statement, text: str, names: Collection[str]) -> str:
    """Why the text of a statement means something else in a function of its own, or "".

    ``names``: those that the file binds itself, so that they are no builtins.
    """
    start = text.rfind("\n", 0, statement.span.start) + 1
    start = max(start, text.rfind("\r", 0, statement.span.start) + 1)
    own = text[start : statement.span.end]
    try:
        tree = ast.parse(textwrap.dedent(own.lstrip("\f")))
    except (SyntaxError, ValueError):
        return f"line {statement.span.line} cannot be read by itself"
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and not _of_exceptions(node.type, names):
            return "a handler may catch that it is cancelled"
    return strange_tree(tree)


def _of_exceptions(node: ast.expr | None, names: Collection[str]) -> bool:
    """Does a handler name nothing but builtin exceptions, of which none is a cancellation?"""
    if isinstance(node, ast.Tuple):
        return all(_of_exceptions(element, names) for element in node.elts)
    if not isinstance(node, ast.Name) or node.id in names:
        return False
    found = getattr(builtins, node.id, None)
    return isinstance(found, type) and issubclass(found, Exception)


def awaited_members(index: int, statement: Statement, footprints: Footprints) -> list[Member]:
    """The calls that a compound statement awaits, each as if it did all that the statement does."""
    does = footprints.of(statement)
    nothing = Footprint()
    return [
        Member(index, statement, call, footprints.inference.facts(call), does, nothing, nothing, ())
        for call in does.calls
        if call.awaited
    ]


def transparent(calls: Iterable[Call], footprints: Footprints) -> bool:
    """Would one of the calls, cancelled before it begins, leave what it was given unawaited?"""
    entries = [footprints.inference.facts(call).entry for call in calls if call.awaited]
    return any(entry is not None and entry.transparent for entry in entries)


def swallows(statement: Statement, footprints: Footprints) -> bool:
    """Does a `try` keep every `Exception` of its body to itself, its handlers included?"""
    if statement.kind != "Try" or statement.final or len(statement.blocks) != 2:
        return False
    body, handler = statement.blocks
    if body.role != "try" or handler.role != "handler":
        return False
    header = statement.events[body.at + sum(len(s.events) for s in body.statements) : handler.at]
    types = [e.place for e in header if isinstance(e, Use)]
    if len(types) != 1 or types[0].symbol != "builtins:Exception" or types[0].steps:
        return False
    inside = [footprints.of(s) for s in handler.statements]
    if any(p.raises or p.controls or p.everything for p in inside):
        return False
    return not any(footprints.of(s).controls for s in body.statements)


# -- names -------------------------------------------------------------------------------------


def is_caught(symbol: str, sites: Sites) -> bool:
    """Is a symbol bound by nothing but `except … as`, so that it is gone after its handler?"""
    info = sites.module.symbols.get(symbol)
    return (
        info is not None
        and info.kind == "local"
        and bool(info.values)
        and not info.opaque_bindings
        and all(value.type == CAUGHT or value.anything for value in info.values)
        and any(value.type == CAUGHT for value in info.values)
    )


class Reading:
    """Goes through statements that move, and looks whether what they read is bound."""

    def __init__(
        self, sites: Sites, function: Function, binds: Collection[str], bound: Container[str]
    ) -> None:
        """``binds``: what the statements bind, ``bound``: what is bound before them."""
        self.sites = sites
        self.scope = function.scope
        self.binds = binds
        self.bound = bound

    def unbound(self, statements: Iterable[Statement], then: Iterable[Event] = ()) -> str:
        """The name of the first symbol that may not be bound, or ""."""
        known: set[str] = set()
        for statement in statements:
            found = self._statement(statement, known)
            if found:
                return found
        return self._events(then, known)

    def _statement(self, statement: Statement, known: set[str]) -> str:
        binding = self.sites.footprints.binding
        if not statement.blocks:
            return self._events(statement.events, known)
        inner = set(known)
        for block, header in _parts(statement):
            found = self._events(header, inner, steady=False)
            if block is not None:
                within = inner | binding.entering(statement, block)
                for part in block.statements:
                    found = found or self._statement(part, within)
            if found:
                return found
        known |= binding.binds(statement)
        return ""

    def _events(self, events: Iterable[Event], known: set[str], *, steady: bool = True) -> str:
        for event in events:
            if isinstance(event, Define) and (steady or not event.guarded):
                known.add(event.symbol)
            elif isinstance(event, (Use, Store, Mutate)):
                symbol = event.place.symbol
                if symbol in known or is_caught(symbol, self.sites):
                    continue
                if symbol.startswith(f"{self.scope}.<comp>"):
                    continue
                named = isinstance(event, Use) and event.risk is Risk.NAME
                sure = self.sites.footprints.certain(symbol, self.bound)
                if symbol in self.binds or (named and not sure):
                    return symbol.rpartition(":")[2]
        return ""


def _parts(statement: Statement) -> Iterator[tuple[Block | None, tuple[Event, ...]]]:
    """The blocks of a compound statement, each with what is evaluated ahead of it."""
    at = 0
    for block in statement.blocks:
        yield block, statement.events[at : block.at]
        at = block.at + sum(len(s.events) for s in block.statements)
    yield None, statement.events[at:]


def unreadable_call(text: str) -> str:
    """The same as ``unreadable`` of the text of one expression."""
    return strange_tree(ast.parse(f"({text}\n)", mode="eval"))


def acts(beside: Footprint) -> bool:
    """Does what a statement does besides its awaited calls reach further than to memory?

    It would hold up what runs beside it, or be seen in another order.
    """
    return any(
        e.resource.domain not in (MEMORY, "log") and (e.writes or e.resource.domain != "env")
        for e in beside.effects
    )
