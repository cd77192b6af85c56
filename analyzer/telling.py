"""Symbols that mean another value in each turn, and what that keeps apart (contract §5, Loops).

Two turns that write `report:{uid}` meet nowhere if no two of them have one `uid`: the values must
differ, and the selector must keep them apart. Here the values are numbers or texts that stand alone
in a selector, between constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .dependence import meet
from .effects.model import Effect
from .effects.selector import Literal, Symbol, Text
from .footprint import Footprint, Footprints
from .ir import Define, Event, Place, Statement, Target, Use, Value
from .turns import called

if TYPE_CHECKING:
    from .effects.inference import Inference

_COPIES = frozenset({
    "builtins.list", "builtins.tuple", "builtins.sorted", "builtins.reversed", "builtins.set",
    "builtins.frozenset",
})  # fmt: skip
_SETS = frozenset({"builtins.set", "builtins.frozenset", "builtins.dict", "builtins.dict_keys"})
#: Domains in which two texts may name one thing: paths and hosts that differ in case, say.
_FOLDING = frozenset({"fs", "http"})

#: Symbol → the type of its values, "builtins.int" or "builtins.str".
Apart = Mapping[str, str]


def told_apart(
    target: Target, value: Value, events: Iterable[Event], inference: Inference
) -> Apart:
    """The symbols of a loop's target that are another value in each turn.

    ``events``: what binding the target and a turn do; a symbol that they bind twice is none.
    """
    bound = [event.symbol for event in events if isinstance(event, Define)]
    found = _different(target, value, inference)
    return {s: kind for s, kind in found.items() if bound.count(s) == 1}


def _different(target: Target, value: Value, inference: Inference) -> dict[str, str]:
    call = called(value, inference)
    name = inference.resolver.call_name(call) if call is not None else ""
    plain = [a.value for a in call.arguments if a.keyword is None] if call is not None else []
    starred = call is not None and any(a.star for a in call.arguments)
    if starred:
        return {}
    if isinstance(target, str):
        kind = _elements(value, name, plain, inference)
        return {target: kind} if target and kind else {}
    if name == "builtins.enumerate" and len(target) == 2 and plain:
        number = {target[0]: "builtins.int"} if isinstance(target[0], str) and target[0] else {}
        return number | _different(target[1], plain[0], inference)
    if name == "builtins.zip" and len(target) == len(plain):
        rows = [_different(t, v, inference) for t, v in zip(target, plain, strict=True)]
        return {symbol: kind for row in rows for symbol, kind in row.items()}
    items = call is not None and call.method == "items" and not call.arguments
    if items and call is not None and call.receiver is not None and len(target) == 2:
        table = inference.resolver.values.of(call.receiver)
        key = table.args[0].name if table.name == "builtins.dict" and table.args else ""
        if isinstance(target[0], str) and target[0] and key in ("builtins.int", "builtins.str"):
            return {target[0]: key}
    return {}


def _elements(value: Value, name: str, plain: list[Value], inference: Inference) -> str:
    """The type of elements of which no two are equal; "" if that is not known."""
    if name == "builtins.range":
        return "builtins.int"
    if name in _COPIES and len(plain) == 1 and name not in _SETS:
        return _elements_of(plain[0], inference)
    kind = inference.resolver.values.of(value)
    if kind.name in _SETS and kind.args and kind.args[0].name in ("builtins.int", "builtins.str"):
        return kind.args[0].name
    if value.fresh and value.type in ("builtins.list", "builtins.tuple") and not value.many:
        constants = [held.literal for held in value.held if held.is_literal]
        for one in (int, str):
            same = len(constants) == len(value.held) and all(type(c) is one for c in constants)
            if same and len(set(constants)) == len(constants):
                return f"builtins.{one.__name__}"
    return ""


def _elements_of(value: Value, inference: Inference) -> str:
    call = called(value, inference)
    if call is None:
        return _elements(value, "", [], inference)
    plain = [a.value for a in call.arguments if a.keyword is None]
    if any(a.star for a in call.arguments):
        return ""
    return _elements(value, inference.resolver.call_name(call), plain, inference)


def without_told(one: Footprint, other: Footprint, apart: Apart, prints: Footprints) -> Footprint:
    """What a turn does, as another one sees it, without what meets only that of its own turn.

    ``one`` and ``other`` are the same calls in two turns, with the same effects in one order.
    """
    if not apart:
        return other
    kept = tuple(
        seen
        for mine, seen in zip(one.effects, other.effects, strict=True)
        if not _tells(mine, apart)
        or any(meet(o, seen, prints) for o in one.effects if o.resource != mine.resource)
    )
    return replace(other, effects=kept)


def _tells(effect: Effect, apart: Apart) -> bool:
    """Does a selector mean another thing in each turn?"""
    resource = effect.resource
    selector = resource.selector
    if not isinstance(selector, Text):
        return False
    gaps = [part for part in selector.parts if not isinstance(part, Literal)]
    if len(gaps) != 1 or not isinstance(gaps[0], Symbol) or gaps[0].name not in apart:
        return False
    folds = resource.domain in _FOLDING and apart[gaps[0].name] != "builtins.int"
    return not folds and not any(
        isinstance(part, Literal) and ".." in part.text for part in selector.parts
    )


def may_fail(statements: Iterable[Statement], prints: Footprints) -> bool:
    """May a turn end with an `Exception`, so that those after it do not begin?

    A `try` whose first handler takes every `Exception`, and raises none, ends with none.
    """
    return any(_fails(statement, prints) for statement in statements)


def _fails(statement: Statement, prints: Footprints) -> bool:
    if statement.kind != "Try" or [b.role for b in statement.blocks[:2]] != ["try", "handler"]:
        return prints.of(statement).raises
    tried, handler = statement.blocks[:2]
    end = tried.at + sum(len(s.events) for s in tried.statements)
    caught = [e for e in statement.events[end : handler.at] if not isinstance(e, Define)]
    everything = [Place("builtins:Exception"), Place("builtins:BaseException")]
    whole = not caught or (
        len(caught) == 1 and isinstance(caught[0], Use) and caught[0].place in everything
    )
    rest = [s for block in statement.blocks[1:] for s in block.statements]
    return not whole or may_fail(rest, prints)
