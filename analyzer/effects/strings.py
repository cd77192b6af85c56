"""Values → abstract strings: constants through once-bound names, f-strings, ``+``, ``Path / x``."""

from __future__ import annotations

from ..aliases import Aliases
from ..ir import Value
from ..resolve import Resolver
from .selector import ANY, Literal, Part, Symbol, Text, text

_PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"})
_DEPTH = 8


def text_of(value: Value, resolver: Resolver, aliases: Aliases, depth: int = _DEPTH) -> Text:
    """The string a value has, or makes when formatted; *any* where that is not known."""
    if depth <= 0:
        return ANY
    if value.is_literal:
        return text(value.literal) if isinstance(value.literal, str) else _number(value.literal)
    if value.parts:
        return _joined(value, resolver, aliases, depth)
    if value.place is None or value.place.steps:
        return ANY
    symbol = value.place.symbol
    if symbol.startswith("call#"):
        call = resolver.module.calls[symbol]
        if resolver.call_name(call) in _PATHS | {"builtins.str"} and len(call.arguments) == 1:
            argument = call.arguments[0]
            if not argument.star:
                return text_of(argument.value, resolver, aliases, depth - 1)
        return ANY
    if not aliases.stable(symbol):
        return ANY
    info = resolver.module.symbols[symbol]
    once = info.kind == "local" or (
        info.kind == "global" and not resolver.values.set_elsewhere(info.name)
    )
    if once and len(info.values) == 1 and not info.opaque_bindings:
        only = info.values[0]
        if only.is_literal or only.parts or (only.place is not None and not only.held):
            found = text_of(only, resolver, aliases, depth - 1)
            if found != ANY:
                return found
    return text(Symbol(symbol))


def _number(literal: object) -> Text:
    # 1 and "1" format alike, so a number selects what its text selects.
    return text(str(literal)) if isinstance(literal, (int, float, bool)) else ANY


def _joined(value: Value, resolver: Resolver, aliases: Aliases, depth: int) -> Text:
    pieces = [text_of(part, resolver, aliases, depth - 1) for part in value.parts]
    if not value.path_join:
        parts: list[Part] = [p for piece in pieces for p in piece.parts]
        return text(*parts)
    left, right = pieces
    first = right.parts[0] if right.parts else Literal("")
    if not isinstance(first, Literal):
        return ANY  # an absolute right side replaces the left one (pathlib.PurePath.__truediv__)
    if first.text.startswith("/"):
        return right
    return text(*left.parts, "/", *right.parts)
