"""Arguments of a call by parameter name, and what their values are as abstract strings."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import Call, Value


def argument(call: Call, name: str, params: Sequence[str]) -> Value | None:
    """The value handed in for ``name``: by keyword, by position, or ``None`` if absent.

    After ``*args`` or with ``**kwargs`` an argument that is not seen is unknown, not absent: an
    opaque value is returned then.
    """
    unsure = any(a.star for a in call.arguments)
    for a in call.arguments:
        if a.keyword == name:
            return a.value
    position = _position(name, params)
    if position is not None:
        seen = 0
        for a in call.arguments:
            if a.star == "*":
                return Value()
            if a.keyword is None and not a.star:
                if seen == position:
                    return a.value
                seen += 1
    return Value() if unsure else None


def _position(name: str, params: Sequence[str]) -> int | None:
    if name.isdigit():
        return int(name)
    return params.index(name) if name in params else None
