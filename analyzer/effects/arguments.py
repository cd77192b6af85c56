"""Arguments of a call by parameter name, and what their values are as abstract strings."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..ir import Call, Value

if TYPE_CHECKING:
    from .catalog import Entry
    from .inference import Inference

#: How many arguments those take that do not tell (by their last name); other methods take none.
_COUNTS = {
    "append": (1, 1), "appendleft": (1, 1), "type": (1, 1), "slice": (1, 3), "set": (0, 1),
    "super": (0, 2),
}  # fmt: skip


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


def taken(inference: Inference, entry: Entry, call: Call) -> bool:
    """Does a function take the arguments that a call gives it, as far as can be seen?

    What `list.append` never does, a call of it does if it is given two things: it raises.
    """
    if not entry.origin.startswith("catalog"):
        return not inference.callees.misfit(call)
    name = inference.resolver.call_name(call)
    if any(a.star for a in call.arguments):
        return True  # going through what stands behind the star may raise already
    positional = [a for a in call.arguments if a.keyword is None]
    bound = call.receiver is not None and name.count(".") > 1
    keywords = {a.keyword: None for a in call.arguments if a.keyword is not None}
    signature = _signature(name)
    if signature is None:
        least, most = _COUNTS.get(name.rpartition(".")[2], (0, 0 if bound else len(positional)))
        return least <= len(positional) <= most and not (bound and keywords)
    try:
        signature.bind(*[None] * (len(positional) + bound), **keywords)
    except TypeError:
        return False
    return True


@cache
def _signature(name: str) -> inspect.Signature | None:
    module, *path = name.split(".")
    if module not in sys.stdlib_module_names:
        return None
    try:
        found: object = import_module(module)
        for part in path:
            found = getattr(found, part)
        return inspect.signature(found) if callable(found) else None
    except (ImportError, AttributeError, ValueError, TypeError):
        return None
