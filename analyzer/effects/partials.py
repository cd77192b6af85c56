"""Calls of names that are bound to `functools.partial(f, …)`: calls of `f` with more arguments.

The arguments are those of the time when the partial was made, so only such are followed whose names
never mean anything else: parameters and names that are bound once, outside of loops.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ir import OPAQUE, Argument, Call, Place, Statement, Value
from .selector import Attr

if TYPE_CHECKING:
    from .inference import Inference


def applied(inference: Inference, call: Call) -> tuple[Call, tuple[Argument, ...]] | None:
    """The call that a partial stands for, and the arguments that stand before its own.

    None if what is called is no partial, or may be another one.
    """
    place = call.function.place
    if place is None or place.steps:
        return None
    module, resolver = inference.module, inference.resolver
    info = module.symbols.get(place.symbol)
    once = info is not None and info.bindings == 1 and not info.unbound and len(info.values) == 1
    if info is None or not once or info.kind not in ("local", "global"):
        return None
    if info.kind == "global" and resolver.values.set_elsewhere(info.name):
        return None
    value = info.values[0].place
    made = module.calls.get(value.symbol) if value is not None and not value.steps else None
    if made is None or resolver.call_name(made) != "functools.partial" or not made.arguments:
        return None
    first, *given = made.arguments
    if first.star or first.keyword is not None or first.value.place is None:
        return None
    if any(argument.star for argument in given) or _again(inference, place.symbol):
        return None
    function = first.value.place
    method = function.steps[-1].name if function.steps and isinstance(function.steps[-1], Attr) \
        else ""  # fmt: skip
    receiver = Value(place=Place(function.symbol, function.steps[:-1])) if method else None
    if receiver is not None and not _same(inference, receiver):
        return None
    kept = tuple(
        a if _same(inference, a.value) else replace(a, value=OPAQUE) for a in given
    )  # fmt: skip
    whole = replace(call, function=first.value, receiver=receiver, method=method)
    return whole, kept


def _same(inference: Inference, value: Value) -> bool:
    """Does a value mean the same whenever it is evaluated?"""
    if value.is_literal:
        return True
    place = value.place
    if place is None or place.steps or place.symbol.startswith("call#"):
        return False
    info = inference.module.symbols.get(place.symbol)
    return info is not None and info.bindings == 1 and not info.unbound and (
        info.kind in ("parameter", "import") or bool(info.function or info.cls)
        or not _again(inference, place.symbol)
    )  # fmt: skip


def _again(inference: Inference, symbol: str) -> bool:
    """May a name be bound more than once, as its scope has loops? Or is it a global's?"""
    scope = symbol.rpartition(":")[0]
    return any(
        _loops(function.block.statements)
        for function in inference.module.functions
        if function.scope == scope
    )


def _loops(statements: tuple[Statement, ...]) -> bool:
    return any(
        block.role == "loop" or _loops(block.statements)
        for statement in statements
        for block in statement.blocks
    )
