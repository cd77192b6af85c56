"""What the decorator of a tool says of the function: hints, and that it must run alone.

Found by the qualified name that a decorator is imported by: several libraries have a `tool`
(`catalog/decorators.toml`). Only the project's own functions are asked for it (contract §8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir import Call, Function, Value
from .catalog import Entry, Template
from .model import WORLD

if TYPE_CHECKING:
    from .inference import Inference

#: Keywords that say that a tool runs by itself: in the order that the model asked for, or only
#: after somebody agreed (pydantic-ai's `Tool.sequential`, the `needs_approval` of openai-agents).
_ALONE = ("sequential", "needs_approval", "requires_approval")
_READ_ONLY = ("readOnlyHint", "read_only_hint")
_DEPTH = 4


def alone(inference: Inference, function: Function) -> str:
    """Why calls of a function are not run beside others, by its decorators, or ""."""
    for call in _decorating(inference, function):
        for argument in call.arguments:
            value = argument.value
            off = value.is_literal and value.literal in (False, None)
            if argument.keyword in _ALONE and not off:
                return f"`{function.qualname}` is declared `{argument.keyword}`"
    return ""


def hinted(inference: Inference, call: Call) -> Entry | None:
    """The claim of a tool's decorator that the function only reads, for a call of it.

    The protocol: a tool with `readOnlyHint` does not modify its environment. What it reads is not
    said, so it reads all of the world.
    """
    target = inference.callees.target(call)
    function = target.function if target is not None else None
    if target is None or function is None or target.constructs:
        return None
    if alone(target.inference, function):
        return None
    for decorator in _decorating(target.inference, function):
        for argument in decorator.arguments:
            if argument.keyword == "annotations" and _reads_only(target.inference, argument.value):
                name = target.inference.resolver.call_name(decorator)
                return Entry(
                    match=function.qualname,
                    origin=f"`readOnlyHint` of `{name}`, line {decorator.span.line}",
                    params=function.signature.positional,
                    reads=(Template(WORLD, ()),),
                    is_async=function.is_async,
                )
    return None


def _decorating(inference: Inference, function: Function) -> list[Call]:
    """The calls that make the decorators of a function, of those that a vocabulary knows."""
    calls = inference.module.calls
    found = [calls.get(v.place.symbol) for v in function.decorators if v.place is not None]
    known = inference.resolver.types.decorators
    return [c for c in found if c is not None and inference.resolver.call_name(c) in known]


def _reads_only(inference: Inference, value: Value, depth: int = _DEPTH) -> bool:
    """Is it `ToolAnnotations(readOnlyHint=True)`, a dictionary with that key, or a name for one?"""
    if value.entries is not None:
        return any(key in _READ_ONLY and v.literal is True for key, v in value.entries)
    if value.place is None or value.place.steps or not depth:
        return False
    call = inference.module.calls.get(value.place.symbol)
    if call is not None:
        made = inference.resolver.call_name(call).rpartition(".")[2]
        return made == "ToolAnnotations" and any(
            a.keyword in _READ_ONLY and a.value.literal is True for a in call.arguments
        )
    info = inference.module.symbols.get(value.place.symbol)
    if info is None or info.bindings != 1 or len(info.values) != 1 or info.opaque_bindings:
        return False
    return _reads_only(inference, info.values[0], depth - 1)
