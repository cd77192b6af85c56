"""Turns of a loop that a condition at their beginning leaves out: `if …: continue`, or one `if`.

Such a loop is one over the elements that the condition lets through, if the condition only looks:
then it may be asked for all elements before the first turn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .dependence import meet
from .edges import Edge, EdgeKind, Surroundings
from .effects.model import describe
from .footprint import Footprint, visible_writes
from .ir import Block, Event, Invoke, Operate, Statement, Use
from .moved_text import strange
from .turns import of_another_turn
from .typetext import SCALARS

if TYPE_CHECKING:
    from .effects.inference import Inference
    from .footprint import Footprints

_INVERSE: dict[type[ast.cmpop], str] = {
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_EQUAL: dict[type[ast.cmpop], str] = {ast.Eq: "!=", ast.NotEq: "=="}
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)


@dataclass(frozen=True, slots=True)
class Sieve:
    """The `if` at the beginning of a loop's body, and what stands behind it in a filter.

    ``skips``: its body is `continue`, and the rest of the turn stands behind it; otherwise the
    whole turn is its body.
    """

    statement: Statement
    skips: bool
    condition: str

    @property
    def tests(self) -> tuple[Event, ...]:
        return self.statement.events[: self.statement.blocks[0].at]


def without(sieve: Sieve | None, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements of a block without that of a condition which leaves turns out."""
    own = sieve.statement if sieve is not None else None
    return tuple(s for s in statements if s is not own)


def sieve_of(block: Block, inference: Inference) -> Sieve | None:
    """The condition at the beginning of a turn, if it begins with one that can be a filter."""
    first = block.statements[0]
    if first.kind != "If" or len(first.blocks) != 1:
        return None
    inner = first.blocks[0].statements
    skips = len(inner) == 1 and inner[0].kind == "Continue"
    if skips == (len(block.statements) == 1) or (first.blocks[0].inline and not skips):
        return None
    header = inference.text[first.span.start : inner[0].span.start]
    scalars = compares_scalars(first, inference)
    condition = _condition(f"{header}pass", negated=skips, scalars=scalars)
    return Sieve(first, skips, condition) if condition else None


def compares_scalars(statement: Statement, inference: Inference) -> bool:
    """Are `==` and `!=` in the condition of an `if` each other's opposite?

    Of other objects than numbers and texts that is for them to say (reference, 3.3.1).
    """
    return all(
        inference.resolver.type_of(value) in SCALARS
        for event in statement.events[: statement.blocks[0].at]
        if isinstance(event, Operate)
        for value in event.values
    )


def _condition(header: str, *, negated: bool, scalars: bool) -> str:
    """The text that stands behind the `if` of a filter; "" if it would be hard to read."""
    tree = ast.parse(header).body[0]
    assert isinstance(tree, ast.If)
    test = tree.test

    def source(node: ast.expr) -> str:
        return ast.get_source_segment(header, node) or ""

    text = source(test)
    if not text or "\n" in text or "\r" in text or strange(text):
        return ""
    if not negated:
        return f"({text})" if isinstance(test, ast.IfExp) else text
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = source(test.operand)
        return f"({inner})" if isinstance(test.operand, ast.IfExp) else inner
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        sides, sign = (test.left, test.comparators[0]), type(test.ops[0])
        inverse = _INVERSE.get(sign, "") or (_EQUAL.get(sign, "") if scalars else "")
        if inverse and all(isinstance(side, _ATOMS) for side in sides):
            return f"{source(sides[0])} {inverse} {source(sides[1])}"
    return f"not {text}" if isinstance(test, _ATOMS) else f"not ({text})"


def asked_ahead(
    sieve: Sieve, called: Footprint, rest: Iterable[Footprint], varies: frozenset[str],
    around: Surroundings, prints: Footprints,
) -> Edge | None:  # fmt: skip
    """Why a condition cannot be asked for all elements before the first turn.

    ``called``: what the call of a turn does; ``rest``: what else the turns do. That a condition
    fails before the call of an earlier turn does is the exception of contract §4.
    """
    line = sieve.statement.span.line
    tests = prints.of_events(sieve.tests)
    acts = any(not _looks(event, prints.inference) for event in sieve.tests)
    if acts or tests.everything or any(e.writes for e in tests.effects):
        return Edge(EdgeKind.CONTROL, f"the condition of line {line} may do more than look", line)
    other = of_another_turn(tests, varies)
    for part in (called, *rest):
        for write in part.effects:
            for looked in (*tests.effects, *other.effects):
                if write.writes and meet(looked, write, prints):
                    what = describe(write.resource)
                    words = f"a turn may change {what}, which line {line} of the next one looks at"
                    return Edge(EdgeKind.ANTI, words, line, resource=what)
    if tests.raises and any(part.own_risk or visible_writes(part, around) for part in rest):
        words = f"the condition of line {line} may raise, and an earlier turn must be done by then"
        return Edge(EdgeKind.FAILURE, words, line)
    return None


def _looks(event: Event, inference: Inference) -> bool:
    if isinstance(event, Invoke):
        return not event.call.awaited and inference.facts(event.call).pure
    return isinstance(event, (Use, Operate))
